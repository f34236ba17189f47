"""JSON Lines: an object a line, its keys are the columns; lists are several values."""

import json
from collections.abc import Iterable
from pathlib import Path

from limbeck.core.errors import SourceError
from limbeck.knowledge.decode import read_text
from limbeck.knowledge.tables.cells import cell_of
from limbeck.knowledge.tables.table import Line, Table, check_size, make_table

_FIX = "write one JSON object a line, its values text, numbers or lists of these"
_MOST_TOLD = 20

Fields = dict[str, str]


def read_json_lines(path: Path) -> tuple[Table, ...]:
    """Read the one table of a JSON Lines file; a key that an object lacks is an empty cell.

    Raises: SourceError: a line that is no flat JSON object, or names a key twice; all such lines at once.
    """
    problems: list[str] = []
    found: list[tuple[int, Fields]] = []
    blank = 0
    for number, line in enumerate(read_text(path).characters.split("\n"), start=1):
        if not line.strip():
            blank += 1
            continue
        try:
            found.append((number, _fields(line)))
        except (ValueError, RecursionError) as error:
            problems.append(f"{path}:{number}: {_told(error)}")
    if problems:
        what = f"{len(problems)} lines are no rows" if len(problems) > 1 else "a line is no row"
        more = [f"and {len(problems) - _MOST_TOLD} more"] if len(problems) > _MOST_TOLD else []
        raise SourceError(what, where="\n       ".join([*problems[:_MOST_TOLD], *more]), fix=_FIX)
    headers = list(dict.fromkeys(name for _, fields in found for name in fields))
    check_size(path, len(found), len(headers))
    return (make_table(path, _lines(headers, found), dropped={"blank row": max(0, blank - 1)}),)


def _lines(headers: list[str], found: list[tuple[int, Fields]]) -> Iterable[Line]:
    if headers:
        yield 1, headers
    for number, fields in found:
        yield number, [fields.get(header, "") for header in headers]


def _fields(line: str) -> Fields:
    value = json.loads(line, parse_float=str, parse_int=str, object_pairs_hook=_unlike)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return {name: cell_of(each, f"key {name!r}") for name, each in value.items()}


def _unlike(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse an object that says two things of one key; the plain reader would keep the last."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"key {next(name for name in names if names.count(name) > 1)!r} stands twice")
    return fields


def _told(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"broken JSON, {error.msg.lower()} at column {error.colno}"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)
