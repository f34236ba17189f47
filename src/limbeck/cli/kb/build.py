"""Build a knowledge base from tables and pages."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from limbeck.cli.console import emit, json_option, say, table

if TYPE_CHECKING:
    from limbeck.knowledge.source import Source


@click.command("build")
@click.argument("sources", type=click.Path(path_type=Path), nargs=-1)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The file to write.")
@click.option("--mapping", type=click.Path(path_type=Path), help="A TOML file that tells how table columns are read.")
@click.option(
    "--scoped", multiple=True, metavar="NAME=SOURCE", help="A source for readers of scope NAME alone; may be repeated."
)
@json_option
def command(
    sources: tuple[Path, ...], output: Path, mapping: Path | None, scoped: tuple[str, ...], as_json: bool
) -> None:
    """Build a knowledge base from tables and pages."""
    from limbeck.knowledge.build import build
    from limbeck.knowledge.embedder import shipped

    _check_output(output)
    scopes = [("", path) for path in sources] + [_scoped(each) for each in scoped]
    report = build(_sources(scopes, mapping), output, embedder=shipped())
    if as_json:
        emit({"file": str(output), **report.to_json()})
        return
    rows = [
        (
            source.name,
            str(source.rows or ""),
            str(source.facts or ""),
            str(source.chunks or ""),
            _dropped(source.dropped),
        )
        for source in report.sources
    ]
    say(table(rows, header=("source", "rows", "facts", "passages", "left out"), right=(1, 2, 3)))
    say(f"\nwrote {output}: {report.facts} facts of {report.entities} entities, {report.chunks} passages")


def _scoped(written: str) -> tuple[str, Path]:
    from limbeck.core.errors import UsageError

    scope, _, path = written.partition("=")
    if not scope.strip() or not path.strip():
        raise UsageError(f"{written!r} is no NAME=SOURCE", where="limbeck kb build", fix="--scoped acme=acme.csv")
    return scope.strip(), Path(path)


def _sources(scopes: Sequence[tuple[str, Path]], mapping: Path | None) -> list["Source"]:
    """Name each source relative to the folder they share.

    Raises: UsageError: none is named. SourceError: one is missing, or of no known kind.
    """
    from limbeck.core.errors import SourceError, UsageError
    from limbeck.knowledge.source import Source
    from limbeck.recipe.place import guess_kind, nearby

    if not scopes:
        raise UsageError("no source is named", where="limbeck kb build", fix="name tables, pages or folders of them")
    root = Path(os.path.commonpath([path.resolve().parent for _, path in scopes]))
    found = []
    for scope, path in scopes:
        if not path.exists():
            raise SourceError(f"there is no source '{path}'", fix=nearby(path, str(path)))
        kind = guess_kind(path)
        if kind is None:
            raise SourceError(f"cannot tell the kind of '{path}'", fix="`limbeck list` shows what can be read")
        options = {"mapping": str(mapping.resolve())} if mapping and kind == "table" else {}
        found.append(Source(kind=kind, location=path.resolve(), root=root, options=options, scope=scope))
    return found


def _check_output(output: Path) -> None:
    """Never write over a file that is something else."""
    if not output.exists():
        return
    from limbeck.core.errors import KnowledgeError
    from limbeck.knowledge.base import is_knowledge_base

    if not is_knowledge_base(output):
        what = f"'{output}' exists and is not a knowledge base"
        raise KnowledgeError(what, fix="choose another name after -o")


def _dropped(reasons: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in reasons.items())
