"""Build a knowledge base from tables and pages."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from limbeck.cli.console import emit, json_option, say, table

if TYPE_CHECKING:
    from limbeck.knowledge.source import Source


@click.command("build")
@click.argument("sources", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The file to write.")
@click.option("--mapping", type=click.Path(path_type=Path), help="A TOML file that tells how table columns are read.")
@json_option
def command(sources: tuple[Path, ...], output: Path, mapping: Path | None, as_json: bool) -> None:
    """Build a knowledge base from tables and pages."""
    from limbeck.knowledge.build import build
    from limbeck.knowledge.embedder import shipped

    _check_output(output)
    report = build(_sources(sources, mapping), output, embedder=shipped())
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


def _sources(paths: tuple[Path, ...], mapping: Path | None) -> list["Source"]:
    """Name each source relative to the folder they share."""
    from limbeck.core.errors import SourceError
    from limbeck.knowledge.source import Source
    from limbeck.recipe.place import guess_kind, nearby

    root = Path(os.path.commonpath([path.resolve().parent for path in paths]))
    found = []
    for path in paths:
        if not path.exists():
            raise SourceError(f"there is no source '{path}'", fix=nearby(path, str(path)))
        kind = guess_kind(path)
        if kind is None:
            raise SourceError(f"cannot tell the kind of '{path}'", fix="`limbeck list` shows what can be read")
        options = {"mapping": str(mapping.resolve())} if mapping and kind == "table" else {}
        found.append(Source(kind=kind, location=path.resolve(), root=root, options=options))
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
