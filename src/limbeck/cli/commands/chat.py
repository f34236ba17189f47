"""Talk with a bundle; every answer cites its sources."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from limbeck.cli.console import emit, json_option, note, paint, say
from limbeck.cli.parameters import bundle_argument, engine_option

if TYPE_CHECKING:
    from limbeck.bundle.assistant import Assistant
    from limbeck.serving.dialogue import Dialogue

_HELP = "ask anything · /new starts over · /help shows this · quit or Ctrl-D ends"
_LEAVE = frozenset({"quit", "exit", "/quit", "/exit", "再见", "退出"})


@click.command("chat")
@bundle_argument
@engine_option
@json_option
def command(bundle: Path, engine: str | None, as_json: bool) -> None:
    """Talk with a bundle; every answer cites its sources."""
    from limbeck.bundle.assistant import open_bundle
    from limbeck.serving.dialogue import Dialogue

    dialogue = Dialogue()
    with open_bundle(bundle, engine) as assistant:
        note(f"{paint(assistant.manifest.name, 'bold', err=True)}  {paint(_HELP, 'dim', err=True)}")
        while (line := _read()) is not None and line.lower() not in _LEAVE:
            if line == "/new":
                dialogue = Dialogue()
            elif line.startswith("/"):
                note(_HELP)
            elif line:
                dialogue = _answer(assistant, dialogue, line, as_json)


def _answer(assistant: "Assistant", dialogue: "Dialogue", question: str, as_json: bool) -> "Dialogue":
    from limbeck.cli.answer import reply_json, source_lines
    from limbeck.core.errors import LimbeckError
    from limbeck.serving.dialogue import converse

    hear = None if as_json else lambda text: click.echo(text, nl=False)
    try:
        dialogue, reply = converse(dialogue, assistant, question, hear)
    except LimbeckError as error:
        note(str(error))
        return dialogue
    if as_json:
        emit({"question": question, **reply_json(reply)}, one_line=True)
        return dialogue
    say()
    for source in source_lines(reply, assistant.knowledge.resolve):
        say(source)
    return dialogue


def _read() -> str | None:
    """Read one line, or None at the end of the input."""
    if sys.stdin.isatty():
        click.echo(paint("> ", "cyan", "bold", err=True), nl=False, err=True)
    line = sys.stdin.readline()
    return line.strip() if line else None
