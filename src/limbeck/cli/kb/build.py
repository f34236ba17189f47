"""Build a knowledge base from tables, pages and documents."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from limbeck.cli.console import emit, json_option, note, say, table

if TYPE_CHECKING:
    from limbeck.knowledge.build import BuildReport
    from limbeck.knowledge.source import Source

_MOST_TOLD = 3


@click.command("build")
@click.argument("sources", type=click.Path(path_type=Path), nargs=-1)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The file to write.")
@click.option("--kind", help="What reads the sources, as in a recipe; guessed from ending and content by default.")
@click.option("--mapping", type=click.Path(path_type=Path), help="A TOML file that tells how table columns are read.")
@click.option("--option", "given", multiple=True, metavar="KEY=VALUE", help="An option of a source, as in a recipe.")
@click.option(
    "--scoped", multiple=True, metavar="NAME=SOURCE", help="A source for readers of scope NAME alone; may be repeated."
)
@json_option
def command(
    sources: tuple[Path, ...],
    output: Path,
    kind: str | None,
    mapping: Path | None,
    given: tuple[str, ...],
    scoped: tuple[str, ...],
    as_json: bool,
) -> None:
    """Build a knowledge base from tables, pages and documents."""
    from limbeck.knowledge.build import build
    from limbeck.knowledge.embedder import shipped

    options = _options(given, mapping)
    scopes = [("", path) for path in sources] + [_scoped(each) for each in scoped]
    found = _sources(scopes, kind, options)
    _check_used(options, found)
    _check_output(output)
    report = build(found, output, embedder=shipped())
    unread = _unread(found)
    if as_json:
        emit({"file": str(output), **report.to_json(), "unread": unread})
        return
    _show(report, output)
    if unread:
        more = f" and {len(unread) - _MOST_TOLD} more" if len(unread) > _MOST_TOLD else ""
        note(f"left alone, as no kind reads it: {', '.join(unread[:_MOST_TOLD])}{more}")


def _options(given: Sequence[str], mapping: Path | None) -> dict[str, str]:
    """Read `KEY=VALUE` options; a file among them is named from here."""
    from limbeck.core.errors import UsageError
    from limbeck.recipe.place import FILE_OPTIONS

    options = {"mapping": str(mapping)} if mapping else {}
    for each in given:
        key, equals, value = each.partition("=")
        if not equals or not key:
            raise UsageError(f"{each!r} is no option", where="--option", fix="write one such as sheet=Rooms")
        options[key] = value
    return {key: str(Path(value).resolve()) if key in FILE_OPTIONS else value for key, value in options.items()}


def _scoped(written: str) -> tuple[str, Path]:
    from limbeck.core.errors import UsageError

    scope, _, path = written.partition("=")
    if not scope.strip() or not path.strip():
        raise UsageError(f"{written!r} is no NAME=SOURCE", where="limbeck kb build", fix="--scoped acme=acme.csv")
    return scope.strip(), Path(path)


def _sources(scopes: Sequence[tuple[str, Path]], kind: str | None, options: Mapping[str, str]) -> list["Source"]:
    """Name each source relative to the folder they share; a folder of several kinds is a source for each.

    Raises: UsageError: none is named. SourceError: one is missing, or of no known kind.
    """
    from limbeck.core.errors import SourceError, UsageError
    from limbeck.knowledge.source import Source
    from limbeck.recipe.families import SOURCES
    from limbeck.recipe.place import guess_kinds, nearby

    if not scopes:
        raise UsageError("no source is named", where="limbeck kb build", fix="name tables, pages or folders of them")
    root = Path(os.path.commonpath([path.resolve().parent for _, path in scopes]))
    found = []
    for scope, path in scopes:
        if not path.exists():
            raise SourceError(f"there is no source '{path}'", fix=nearby(path, str(path)))
        guessed = guess_kinds(path)
        if not (kind or guessed):
            fix = "`limbeck list` shows what can be read; --kind names one"
            raise SourceError(f"cannot tell the kind of '{path}'", fix=fix)
        for each in [kind] if kind else guessed:
            own = {key: value for key, value in options.items() if key in SOURCES.load(each).OPTIONS}
            found.append(Source(kind=each, location=path.resolve(), root=root, options=own, scope=scope))
    return found


def _check_used(options: Mapping[str, str], sources: Sequence["Source"]) -> None:
    """Refuse an option that no source takes, rather than drop it."""
    from limbeck.core.errors import UsageError
    from limbeck.recipe.families import SOURCES

    unused = [key for key in options if not any(key in source.options for source in sources)]
    if unused:
        known = {source.kind: ", ".join(SOURCES.load(source.kind).OPTIONS) or "none" for source in sources}
        fix = "; ".join(f"options of {kind}: {names}" for kind, names in known.items())
        raise UsageError(f"no source takes the option {unused[0]!r}", where="limbeck kb build", fix=fix)


def _check_output(output: Path) -> None:
    """Never write over a file that is something else."""
    if not output.exists():
        return
    from limbeck.core.errors import KnowledgeError
    from limbeck.knowledge.base import is_knowledge_base

    if not is_knowledge_base(output):
        what = f"'{output}' exists and is not a knowledge base"
        raise KnowledgeError(what, fix="choose another name after -o")


def _unread(sources: Sequence["Source"]) -> list[str]:
    from limbeck.recipe.place import list_unread

    folders = dict.fromkeys(source.location for source in sources if source.location.is_dir())
    root = sources[0].root
    return [path.relative_to(root).as_posix() for folder in folders for path in list_unread(folder)]


def _show(report: "BuildReport", output: Path) -> None:
    rows = [
        (
            source.name,
            source.kind,
            str(source.rows or ""),
            str(source.facts or ""),
            str(source.chunks or ""),
            _dropped(source.dropped),
        )
        for source in report.sources
    ]
    say(table(rows, header=("source", "kind", "rows", "facts", "passages", "left out"), right=(2, 3, 4)))
    say(f"\nwrote {output}: {report.facts} facts of {report.entities} entities, {report.chunks} passages")


def _dropped(reasons: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in reasons.items())
