"""Write the reference pages and fill the marked blocks of the READMEs; `--check` only tells what is stale.

Everything is taken from the code itself, from docs/transcript.txt and from benchmarks/results/spine.json,
so that no page can say something else than the program does. A block whose source is missing stays as it is.
"""

import inspect
import json
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

import limbeck
from limbeck.cli.main import limbeck as program
from limbeck.core.family import Family
from limbeck.core.units import format_bytes, format_duration
from limbeck.engine.export import EXPORTERS
from limbeck.knowledge.export import EXPORTS
from limbeck.recipe import families
from limbeck.recipe.catalogue import catalogue
from limbeck.recipe.options import declared, declared_options

ROOT = Path(__file__).parents[1]
TRANSCRIPT = "docs/transcript.txt"
NUMBERS = "benchmarks/results/spine.json"
TITLES = "docs/row-titles.toml"
_WIDTH = 88
_NOTE = "<!-- written by docs/generate.py: edit the code, not this page -->\n\n"
_HEADS = {"README.md": ("what", "measured", "wanted"), "README.zh-CN.md": ("项目", "实测", "要求")}
_MISSED = {"README.md": "missed", "README.zh-CN.md": "未达到"}
_LANGUAGES = {"README.md": "en", "README.zh-CN.md": "zh"}
_OF_TITLE: Mapping[str, Family] = {
    "sources": families.SOURCES,
    "fusion methods": families.FUSION_METHODS,
    "compression methods": families.COMPRESSION_METHODS,
    "engines": families.ENGINES,
    "checks": families.CHECKS,
}


def main(arguments: list[str]) -> int:
    """Write every page that changed, or with `--check` only name it; return 1 where one was stale."""
    stale = [(name, text) for name, text in pages() if _current(name) != text]
    for name, text in stale:
        if "--check" not in arguments:
            (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / name).write_text(text, encoding="utf-8", newline="\n")
        print(f"{'stale' if '--check' in arguments else 'wrote'} {name}")
    if stale and "--check" in arguments:
        print("fix: make docs")
        return 1
    return 0


def pages() -> Iterator[tuple[str, str]]:
    """Yield the path and the full text of every page that is written here, wholly or in part."""
    yield "docs/reference/cli.md", _NOTE + "\n".join(_command_page())
    yield "docs/reference/components.md", _NOTE + "\n".join(_component_page())
    yield "docs/reference/python.md", _NOTE + "\n".join(_python_page())
    for name in _HEADS:
        yield name, _readme(name)


def commands(
    command: click.Command = program, name: str = "limbeck", parent: click.Context | None = None
) -> Iterator[click.Context]:
    """Yield a command and all below it as they are called, in the order of the help."""
    settings = {**command.context_settings, "terminal_width": _WIDTH, "max_content_width": _WIDTH}
    context = click.Context(command, parent, info_name=name, **settings)
    yield context
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            below = command.get_command(context, each)
            assert below is not None, each
            yield from commands(below, each, context)


def _command_page() -> Iterator[str]:
    yield "# The command line\n"
    yield "Every command, as its own `--help` prints it. Results go to standard output, progress and errors to standard"
    yield "error; `--json` gives an object with `schema` 1. [Exit codes](../architecture.md#exit-codes).\n"
    for context in commands():
        text = click.unstyle(context.get_help())
        yield (
            f"## {context.command_path}\n\n```text\n"
            + "\n".join(line.rstrip() for line in text.splitlines())
            + "\n```\n"
        )


def _component_page() -> Iterator[str]:
    yield "# Components\n"
    yield "Everything a recipe may name. Each is one file, named as it is here; `limbeck list` prints the same."
    yield "How to add one: [source](../how-to/add-a-source.md), [engine](../how-to/add-an-engine.md),"
    yield "[compression method](../how-to/add-a-compression-method.md), [check](../how-to/add-a-check.md).\n"
    found = catalogue() | {"export formats": {name: EXPORTERS.summary(name) for name in EXPORTERS.names()}}
    found |= {"forms of knowledge export": {name: EXPORTS.summary(name) for name in EXPORTS.names()}}
    for title, members in found.items():
        yield f"## {title.capitalize()}\n"
        for name, summary in members.items():
            yield f"- **`{name}`**: {summary}{_details(title, name)}"
        yield ""


def _details(title: str, name: str) -> str:
    if title not in _OF_TITLE:
        return ""
    module = f"{_OF_TITLE[title].package}.{name}"
    endings, options = declared(module, "ENDINGS"), declared_options(module) or {}
    shared = declared(module, "SHARED_ENDINGS")
    parts = [f"Reads {_ticked(endings)}."] if endings else []
    parts += [f"Reads {_ticked(shared)}, by their content or where `kind` says so."] if shared else []
    parts += [f"Options: {', '.join(f'`{key}` ({kind})' for key, kind in options.items())}."] if options else []
    return "".join(f" {part}" for part in parts)


def _ticked(words: tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _python_page() -> Iterator[str]:
    yield "# Python\n"
    yield "What `import limbeck` offers. Each name is loaded when it is first used.\n"
    for name in limbeck.__all__:
        found = getattr(limbeck, name)
        yield f"## `{name}`\n\n{inspect.getdoc(found)}\n\nDefined in `{found.__module__}`.\n"
        for member, value in _methods(found):
            yield f"- `{name}.{member}`: {(inspect.getdoc(value) or '').partition(chr(10))[0]}"
        if any(_methods(found)):
            yield ""


def _methods(found: object) -> Iterator[tuple[str, object]]:
    if inspect.isclass(found):
        for member, value in vars(found).items():
            is_ours = inspect.isfunction(value) or isinstance(value, property | classmethod | staticmethod)
            if is_ours and not member.startswith("_"):
                yield member, value


def _readme(name: str) -> str:
    text = _current(name) or ""
    if (ROOT / TRANSCRIPT).is_file():
        shown = (ROOT / TRANSCRIPT).read_text(encoding="utf-8").strip("\n")
        text = _fill(text, "transcript", f"```text\n{shown}\n```", name)
    if (ROOT / NUMBERS).is_file():
        results = json.loads((ROOT / NUMBERS).read_text(encoding="utf-8"))
        text = _fill(text, "numbers", "\n".join(_table(results["rows"], name)), name)
    return text


def _fill(text: str, block: str, content: str, name: str) -> str:
    before, opening, rest = text.partition(f"<!-- {block} -->")
    _, closing, after = rest.partition(f"<!-- /{block} -->")
    if not opening or not closing:
        raise SystemExit(f"{name} has no <!-- {block} --> … <!-- /{block} --> block")
    return f"{before}{opening}\n{content}\n{closing}{after}"


def _table(rows: list[dict[str, Any]], name: str) -> Iterator[str]:
    what, measured, wanted = _HEADS[name]
    titles = tomllib.loads((ROOT / TITLES).read_text(encoding="utf-8"))
    yield f"| {what} | {measured} | {wanted} | |"
    yield "|---|--:|--:|---|"
    for row in rows:
        unit = titles["unit"].get(row["unit"], {}).get(_LANGUAGES[name], row["unit"])
        mark = {True: "✓", False: f"✗ {_MISSED[name]}", None: ""}[row.get("met")]
        sign = {"at least": "≥ ", "at most": "≤ "}.get(row.get("bound", ""), "")
        bar = "" if row.get("bar") is None else sign + _amount(row["bar"], unit)
        title = titles.get(row["name"], {}).get(_LANGUAGES[name], row["name"])
        yield f"| {title} | {_amount(row['value'], unit)}{_spread(row, unit)} | {bar} | {mark} |"


def _spread(row: Mapping[str, Any], unit: str) -> str:
    if row.get("low") is None or row.get("high") is None or row["low"] == row["high"]:
        return ""
    return f" ({_amount(row['low'], unit)} – {_amount(row['high'], unit)})"


def _amount(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    if unit == "share":
        return f"{value:.1%}"
    if unit == "bytes":
        return format_bytes(int(value))
    if unit == "s":
        return format_duration(value)
    return f"{value:.4g} {unit}".strip()


def _current(name: str) -> str | None:
    path = ROOT / name
    return path.read_text(encoding="utf-8") if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
