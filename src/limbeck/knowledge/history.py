"""The edits of a knowledge base, as the log keeps them."""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from limbeck.core.errors import KnowledgeError
from limbeck.knowledge.evidence import Label
from limbeck.knowledge.validity import Validity


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedValue:
    """A value that an edit took out or put in, and the days on which it holds."""

    value: Label
    valid: Validity


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One edit: what was done and when, with the values that went and those that came.

    `at` is the time where it was made, as `2027-01-31T09:30:00+08:00`.
    """

    number: int
    operation: str
    at: str
    before: tuple[EditedValue, ...]
    after: tuple[EditedValue, ...]
    is_undone: bool


def log_of(path: Path) -> tuple[Edit, ...]:
    """Return every edit of the base in a file, oldest first, of every scope.

    Raises: KnowledgeError: missing, damaged, or not a knowledge base.
    """
    from limbeck.knowledge.base import open_checked

    with closing(open_checked(path)) as connection:
        try:
            return read_log(connection)
        except (sqlite3.DatabaseError, ValueError) as error:
            what = f"the log cannot be read: {error}"
            raise KnowledgeError(what, where=str(path), fix="`limbeck kb check` tells what is wrong") from error


def read_log(connection: sqlite3.Connection) -> tuple[Edit, ...]:
    """Return every edit, oldest first, those that were taken back included."""
    rows = connection.execute("SELECT id, op, at, before, after, undone FROM log ORDER BY id")
    return tuple(
        Edit(number=number, operation=op, at=at, before=_values(before), after=_values(after), is_undone=bool(undone))
        for number, op, at, before, after, undone in rows
    )


def _values(rows: str) -> tuple[EditedValue, ...]:
    return tuple(
        EditedValue(value=Label(en=row[4], zh=row[5]), valid=Validity(start=row[8], end=row[9]))
        for row in json.loads(rows).get("fact", [])
    )
