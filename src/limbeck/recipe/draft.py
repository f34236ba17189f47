"""A first recipe, guessed from the files in a folder."""

import re
from pathlib import Path

from limbeck.core.errors import RecipeError
from limbeck.recipe.families import SOURCES
from limbeck.recipe.load import FILE_NAME
from limbeck.recipe.options import declared
from limbeck.recipe.place import guess_kind

_HEAD = """\
# What to make, of what, and how large it may get. `limbeck plan` shows what follows from it.
name   = "{name}"
base   = "tiny"        # or a Hugging Face folder
budget = {{ disk = "25 MB", memory = "300 MB", latency = "15 ms/token" }}
"""
_MOST_SOURCES = 3
_LONGEST_LINE = 10_000
_EVALUATION = re.compile(r"""\s*\{[^\n]*"question"\s*:[^\n]*"answers"\s*:""")
"""How a file of evaluation questions begins, which is no knowledge."""


def write_draft(folder: Path) -> Path:
    """Write limbeck.toml for the sources found in a folder and return its path.

    Raises: RecipeError: there is one already, which stays as it is; or no source is there.
    """
    target = folder / FILE_NAME
    if target.exists():
        raise RecipeError(
            f"'{target}' exists already", fix=f"edit it, or remove it first; `limbeck plan {folder}` reads it"
        )
    text = draft(folder)
    with target.open("x", encoding="utf-8") as file:
        file.write(text)
    return target


def draft(folder: Path) -> str:
    """Write a recipe for the sources in a folder, at most 15 lines.

    Raises: RecipeError: nothing there is a source.
    """
    sources = find_sources(folder)
    if not sources:
        fix = "put tables, pages or documents there first; `limbeck list` shows what can be read"
        raise RecipeError(f"no knowledge found in '{folder}'", fix=fix)
    lines = [_HEAD.format(name=_name(folder))]
    for source in sources[:_MOST_SOURCES]:
        kind = guess_kind(source)
        lines.append(f'[[knowledge]]  # {kind}\nlocation = "{_written(source, folder)}"\n')
    left = len(sources) - _MOST_SOURCES
    if left > 0:
        lines.append(f"# {left} more: add a [[knowledge]] for each\n")
    return "".join(lines)


def find_sources(folder: Path) -> list[Path]:
    """Return what of a folder is knowledge; a folder of pages stands for its pages."""
    if not folder.is_dir():
        raise RecipeError(f"there is no folder '{folder}'", fix=f"mkdir -p {folder}")
    found = []
    for path in sorted(folder.iterdir()):
        is_ours = path.name.startswith(".") or path.name.upper().split(".")[0] in ("README", "ATTRIBUTION", "LICENSE")
        is_ours = is_ours or path.name in ("build", "node_modules") or _is_evaluation(path)
        if not is_ours and _is_whole(guess_kind(path)):
            found.append(path)
    return found


def _is_whole(kind: str | None) -> bool:
    """Tell whether a source of a kind needs no option that only its owner knows."""
    return kind is not None and not declared(f"{SOURCES.package}.{kind}", "NEEDS")


def _is_evaluation(path: Path) -> bool:
    if path.suffix != ".jsonl" or not path.is_file():
        return False
    with path.open(encoding="utf-8", errors="replace") as file:
        return bool(_EVALUATION.match(file.readline(_LONGEST_LINE)))


def _written(source: Path, folder: Path) -> str:
    written = source.relative_to(folder).as_posix() + ("/" if source.is_dir() else "")
    return written.replace("\\", "\\\\").replace('"', '\\"')


def _name(folder: Path) -> str:
    """Make a valid recipe name of the folder's."""
    kept = "".join(letter if letter.isalnum() or letter in "_-" else "-" for letter in folder.resolve().name)
    return kept.strip("-_")[:64] or "assistant"
