"""Take back the last edit, or the last few."""

from pathlib import Path

import click

from limbeck.cli.console import emit, json_option, say
from limbeck.cli.parameters import knowledge_argument


@click.command("undo")
@knowledge_argument
@click.argument("count", type=click.IntRange(min=1), default=1)
@json_option
def command(base: Path, count: int, as_json: bool) -> None:
    """Take back the last edit, or the last COUNT; all of them or none."""
    from limbeck.bundle.editing import writing

    with writing(base) as knowledge:
        undone = knowledge.undo(count)
    if as_json:
        emit({"undone": list(undone)})
        return
    for operation in undone:
        say(f"took back: {operation}")
