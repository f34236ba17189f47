"""Results on standard output, everything else on standard error; colour only where someone looks."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import click

SCHEMA = 1
Style = Literal["bold", "dim", "green", "red", "yellow", "cyan"]

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON (schema 1) instead of text.")
"""The option every command has."""


def emit(payload: Mapping[str, Any], *, one_line: bool = False) -> None:
    """Print a result as a JSON object with its schema number."""
    import json

    text = json.dumps({"schema": SCHEMA, **payload}, ensure_ascii=False, indent=None if one_line else 2)
    say(text)


def say(text: str = "") -> None:
    """Print a line of the result."""
    click.echo(_printable(text))


def note(text: str) -> None:
    """Print a line that is not part of the result."""
    click.echo(_printable(text), err=True)


def paint(text: str, *styles: Style, err: bool = False) -> str:
    """Colour a text for a terminal; leave it plain for a pipe or under NO_COLOR."""
    if not is_terminal(err=err) or os.environ.get("NO_COLOR"):
        return text
    flags = {style: True for style in styles if style in ("bold", "dim")}
    colour = next((style for style in styles if style not in ("bold", "dim")), None)
    return click.style(text, fg=colour, **flags)


def is_terminal(*, err: bool = False) -> bool:
    """Tell whether a person is looking at this stream."""
    stream = sys.stderr if err else sys.stdout
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


def table(rows: Sequence[Sequence[str]], *, header: Sequence[str] = (), right: Sequence[int] = ()) -> str:
    """Align rows in columns, Chinese counted as two wide; columns in `right` are set flush right."""
    lines = [tuple(header), *rows] if header else list(rows)
    widths = [max(width(line[column]) for line in lines) for column in range(len(lines[0]))] if lines else []
    written = [_line(line, widths, right) for line in lines]
    if header:
        written[0] = paint(written[0], "dim")
    return "\n".join(written)


def width(text: str) -> int:
    """Return how many terminal cells a text takes, colour codes apart."""
    return sum(_cells(character) for character in click.unstyle(text))


def _printable(text: str) -> str:
    """Escape the half characters that a command line or a file name may hold; in JSON the escape is valid."""
    return text.encode("utf-8", "backslashreplace").decode()


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[int]) -> str:
    padded = []
    for column, cell in enumerate(cells):
        space = " " * (widths[column] - width(cell))
        padded.append(space + cell if column in right else cell + space)
    return "  ".join(padded).rstrip()


def _cells(character: str) -> int:
    import unicodedata

    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
