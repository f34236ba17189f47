"""Read the questions of a conversation line by line; the commands of a chat are the same whoever answers."""

import sys
import unicodedata
from collections.abc import Callable
from typing import TypeVar

import click

from limbeck.cli.console import note, paint

HELP = "ask anything · /new starts over · /help shows this · quit or Ctrl-D ends"

_LEAVE = frozenset({"quit", "exit", "/quit", "/exit", "再见", "退出"})
_State = TypeVar("_State")


def take_turns(name: str, start: _State, answer: Callable[[_State, str], _State]) -> None:
    """Greet, and answer line after line until the user leaves; `/new` goes back to `start`.

    An error in an answer is told, and the conversation goes on as it was.
    """
    from limbeck.core.errors import LimbeckError

    note(f"{paint(name, 'bold', err=True)}  {paint(HELP, 'dim', err=True)}")
    state = start
    while (line := _read()) is not None and line.lower() not in _LEAVE:
        if line == "/new":
            state = start
        elif line.startswith("/"):
            note(HELP)
        elif line:
            try:
                state = answer(state, line)
            except LimbeckError as error:
                note(str(error))


def hear(text: str) -> None:
    """Print a piece of an answer as it comes, without the control codes a model may write."""
    click.echo("".join(sign for sign in text if sign in "\n\t" or unicodedata.category(sign) != "Cc"), nl=False)


def _read() -> str | None:
    """Read one line, or None at the end of the input."""
    if sys.stdin.isatty():
        click.echo(paint("> ", "cyan", "bold", err=True), nl=False, err=True)
    line = sys.stdin.readline()
    return line.strip() if line else None
