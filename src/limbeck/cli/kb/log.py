"""List the edits of a knowledge base."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from limbeck.cli.console import emit, json_option, paint, say
from limbeck.cli.parameters import knowledge_argument

if TYPE_CHECKING:
    from limbeck.knowledge.history import Edit, EditedValue


@click.command("log")
@knowledge_argument
@json_option
def command(base: Path, as_json: bool) -> None:
    """List the edits of a knowledge base, oldest first.

    `edit row 3` in a citation is edit 3 here. It shows the edits of every scope: it is for those who edit.
    """
    from dataclasses import asdict

    from limbeck.bundle.editing import knowledge_file
    from limbeck.knowledge.history import log_of

    edits = log_of(knowledge_file(base))
    if as_json:
        emit({"edits": [asdict(edit) for edit in edits]})
        return
    for edit in edits:
        say(_line(edit))
    if not edits:
        say("no edits")


def _line(edit: "Edit") -> str:
    if edit.operation.startswith("delete source"):
        change = f"{len(edit.before)} facts"
    else:
        change = f"{_values(edit.before)} → {_values(edit.after)}"
    line = f"{edit.number:>4}  {edit.at[:19].replace('T', ' ')}  {edit.operation}: {change}"
    return paint(f"{line}  (taken back)", "dim") if edit.is_undone else line


def _values(values: Sequence["EditedValue"]) -> str:
    written = (f"{each.value.en} {each.valid.text()}".rstrip() for each in values)
    return ", ".join(dict.fromkeys(written)) or "–"
