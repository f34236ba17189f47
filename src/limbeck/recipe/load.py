"""Read limbeck.toml; tell everything that is wrong with it at once, with file and line."""

import difflib
import re
import tomllib
from pathlib import Path
from typing import Any

from limbeck.core.errors import RecipeError
from limbeck.recipe.locate import key_lines
from limbeck.recipe.problem import Problem, error_from
from limbeck.recipe.recipe import Recipe

FILE_NAME = "limbeck.toml"
_AT_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)")


def load_recipe(path: Path | str = FILE_NAME) -> Recipe:
    """Read and check a recipe; a folder stands for the limbeck.toml in it.

    Raises: RecipeError: with every problem, each with its line and a fix.
    """
    file = find_recipe(Path(path))
    text = _read(file)
    data = _parse(text, str(file))
    recipe, problems = _check(data, file.resolve())
    if recipe is None:
        raise error_from(problems, file=str(file), lines=key_lines(text))
    return recipe


def find_recipe(path: Path) -> Path:
    """Return the recipe file that a file or folder name stands for.

    Raises: RecipeError: there is none.
    """
    file = path / FILE_NAME if path.is_dir() else path
    if file.is_file():
        return file
    there = sorted(child.name for child in file.parent.glob("*.toml")) if file.parent.is_dir() else []
    near = difflib.get_close_matches(file.name, there, n=1)
    start = "`limbeck init` writes one" if file.parent == Path() else f"`limbeck init {file.parent}` writes one"
    fix = f"did you mean '{file.parent / near[0]}'? {start}" if near else start
    raise RecipeError(f"there is no recipe '{file}'", fix=fix)


def _check(data: dict[str, Any], file: Path) -> tuple[Recipe | None, list[Problem]]:
    """Check shape and meaning; what has the right shape is looked up even where the rest has not."""
    # pydantic is slow to import, and a missing or unreadable recipe needs none of it
    from limbeck.recipe.mend import beside, mend
    from limbeck.recipe.resolve import resolve
    from limbeck.recipe.shape import shape

    form, problems = shape(data)
    if form is not None:
        return resolve(form, file)
    mended, _ = shape(mend(data, problems))
    more = resolve(mended, file)[1] if mended is not None else []
    return None, problems + beside(more, problems)


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        what = f"not UTF-8: byte 0x{error.object[error.start]:02x}"
        raise RecipeError(what, where=f"{file}:{line}", fix="save the file as UTF-8") from None
    except OSError as error:
        raise RecipeError(f"cannot read it: {error.strerror}", where=str(file), fix="check its permissions") from None


def _parse(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise RecipeError("not valid TOML: nested too deeply", where=file, fix="a recipe needs two levels") from None
    except tomllib.TOMLDecodeError as error:
        found = _AT_LINE.search(str(error))
        line = int(found[1]) if found and found[1] else text.rstrip().count("\n") + 1
        written = text.splitlines()[line - 1].strip() if text.strip() else ""
        what = f"not valid TOML: {_AT_LINE.sub('', str(error)).lower()}"
        raise RecipeError(what, where=f"{file}:{line}", fix=f"look at `{written}`") from None
