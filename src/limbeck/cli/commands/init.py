"""Write a first recipe for the files in a folder."""

from pathlib import Path

import click

from limbeck.cli.console import emit, json_option, note, say


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path), default=".")
@json_option
def command(folder: Path, as_json: bool) -> None:
    """Write a first recipe for the files in a folder."""
    from limbeck.recipe.draft import find_sources, write_draft

    path = write_draft(folder)
    sources = [source.relative_to(folder).as_posix() for source in find_sources(folder)]
    if as_json:
        emit({"recipe": str(path), "sources": sources, "text": path.read_text(encoding="utf-8")})
        return
    say(path.read_text(encoding="utf-8").rstrip())
    note("")
    note(f"wrote {path}; next: `limbeck run{'' if folder == Path() else f' {folder}'}`")
