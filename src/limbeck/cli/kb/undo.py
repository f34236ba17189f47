"""Take back the last edit."""

from pathlib import Path

import click

from limbeck.cli.console import emit, json_option, say
from limbeck.cli.parameters import knowledge_argument


@click.command("undo")
@knowledge_argument
@json_option
def command(base: Path, as_json: bool) -> None:
    """Take back the last edit."""
    from limbeck.bundle.editing import writing

    with writing(base) as knowledge:
        undone = knowledge.undo()
    if as_json:
        emit({"undone": str(undone)})
        return
    say(f"took back: {undone}")
