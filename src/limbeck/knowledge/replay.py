"""Can the log be played back: from what the base says now to what it said before any edit, and forth again."""

import json
import sqlite3
from collections.abc import Iterator
from typing import Any, final

from limbeck.knowledge.change import KEYS, Rows

_Key = tuple[str, tuple[Any, ...]]


def unreplayable(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield what keeps the edits in force from being taken back, newest first; nothing is changed."""
    state = _State(connection)
    query = "SELECT id, op, before, after FROM log WHERE NOT undone ORDER BY id DESC"
    for number, operation, before, after in connection.execute(query).fetchall():
        fault = state.take_back(json.loads(before), json.loads(after))
        if fault:
            yield f"edit {number} ({operation}) cannot be taken back: {fault}"
            return


@final
class _State:
    """The rows of a base as they were before some edits, where these touched them."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._rows: dict[_Key, list[Any] | None] = {}

    def take_back(self, before: Rows, after: Rows) -> str | None:
        """Undo one edit in memory, or return what is in the way."""
        for table, rows in after.items():
            for row in rows:
                if self._get(table, row) != row:
                    return f"a row of {table!r} is not as the edit left it"
                self._rows[self._key(table, row)] = None
        for table, rows in before.items():
            for row in rows:
                if self._get(table, row) is not None:
                    return f"a row of {table!r} stands where another was"
                self._rows[self._key(table, row)] = row
        return None

    def _get(self, table: str, row: list[Any]) -> list[Any] | None:
        key = self._key(table, row)
        if key not in self._rows:
            clause = " AND ".join(f"{column} = ?" for column in KEYS[table])
            found = self._connection.execute(f"SELECT * FROM {table} WHERE {clause}", key[1]).fetchone()
            self._rows[key] = None if found is None else list(found)
        return self._rows[key]

    def _key(self, table: str, row: list[Any]) -> _Key:
        return table, tuple(row[: len(KEYS[table])])
