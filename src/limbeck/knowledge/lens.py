"""What a reader may see: the rows of one scope and of none, and the facts that hold today.

A view in the reader's own memory stands before each table, under the table's name, so that every query of the reader
goes through it; the words that search ranks by are indexed anew without what is hidden. A base that hides nothing
from the reader is read as it is.
"""

import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import final

from limbeck.knowledge.layout import WORDS, word_index
from limbeck.knowledge.write import STATEMENT_ID, index_statements

_BY_SCOPE = {
    "source": "scope IN (SELECT scope FROM temp.seen_scope)",
    "record": "source_id IN (SELECT id FROM temp.source)",
    "chunk": "source_id IN (SELECT id FROM temp.source)",
    "asked": "source_id IN (SELECT id FROM temp.source)",
    "entity": "scope IN (SELECT scope FROM temp.seen_scope)",
    "alias": "source_id IN (SELECT id FROM temp.source) AND entity_id IN (SELECT id FROM temp.entity)",
    "property": "scope IN (SELECT scope FROM temp.seen_scope)",
    "fact_source": "source_id IN (SELECT id FROM temp.source)",
    "chunk_vector": "id IN (SELECT id FROM temp.chunk)",
    "log": "false",
}
_TODAY = "(SELECT day FROM temp.seen_day)"
_IN_FORCE = f"valid_from <= {_TODAY} AND (valid_until = '' OR {_TODAY} <= valid_until)"
_NOT_IN_FORCE = "SELECT 1 FROM fact WHERE valid_from > ?1 OR (valid_until != '' AND valid_until < ?1)"
_SUPPORTED = "EXISTS (SELECT 1 FROM temp.fact_source WHERE fact_source.fact_id = fact.id)"
_VIEWS = (*_BY_SCOPE, "fact")


@final
class Lens:
    """Keep what one connection shows to what its reader may see today, or on any day without a clock.

    The connection must not write.
    """

    def __init__(self, connection: sqlite3.Connection, scope: str, clock: Callable[[], datetime] | None) -> None:
        self._connection = connection
        self._scope = scope
        self._clock = clock
        self._seen: tuple[int, str] | None = None
        connection.execute("PRAGMA temp_store = MEMORY")

    def adjust(self) -> bool:
        """Follow the day and the edits of others, and tell whether either has changed; a transaction must be open."""
        version = int(self._connection.execute("PRAGMA data_version").fetchone()[0])
        day = self._clock().date().isoformat() if self._clock else ""
        if (version, day) == self._seen:
            return False
        self._take_off()
        if self._hides("SELECT 1 FROM source WHERE scope NOT IN ('', ?)", self._scope):
            self._put_on(day, by_scope=True)
        elif day and self._hides(_NOT_IN_FORCE, day):
            self._put_on(day, by_scope=False)
        self._seen = (version, day)
        return True

    def _hides(self, query: str, value: str) -> bool:
        return self._connection.execute(f"{query} LIMIT 1", (value,)).fetchone() is not None

    def _take_off(self) -> None:
        for view in _VIEWS:
            self._connection.execute(f"DROP VIEW IF EXISTS temp.{view}")
        for table in WORDS:
            self._connection.execute(f"DROP TABLE IF EXISTS temp.{table.removesuffix('_words')}_vocabulary")
            self._connection.execute(f"DROP TABLE IF EXISTS temp.{table}")
        for table in ("seen_scope", "seen_day"):
            self._connection.execute(f"DROP TABLE IF EXISTS temp.{table}")

    def _put_on(self, day: str, *, by_scope: bool) -> None:
        self._connection.execute("CREATE TEMP TABLE seen_scope (scope TEXT PRIMARY KEY)")
        scopes = {("",), (self._scope,)}
        self._connection.executemany("INSERT INTO temp.seen_scope VALUES (?)", sorted(scopes))
        self._connection.execute("CREATE TEMP TABLE seen_day (day TEXT)")
        self._connection.execute("INSERT INTO temp.seen_day VALUES (?)", (day,))
        for table, seen in _BY_SCOPE.items() if by_scope else ():
            self._connection.execute(f"CREATE TEMP VIEW {table} AS SELECT * FROM main.{table} WHERE {seen}")
        seen = " AND ".join(clause for clause in (_IN_FORCE if day else "", _SUPPORTED if by_scope else "") if clause)
        self._connection.execute(f"CREATE TEMP VIEW fact AS SELECT * FROM main.fact WHERE {seen}")
        self._index_facts(by_scope=by_scope)
        if by_scope:
            self._copy_words("chunk_words", "SELECT id FROM temp.chunk")

    def _index_facts(self, *, by_scope: bool) -> None:
        """Copy the index rows of statements that are seen whole, and write those anew that are seen in part."""
        number = STATEMENT_ID
        named = """UNION SELECT {number} FROM main.fact WHERE entity_id IN (
            SELECT entity_id FROM main.alias WHERE source_id NOT IN (SELECT id FROM temp.source))"""
        in_part = f"""SELECT {number} FROM main.fact WHERE id NOT IN (SELECT id FROM temp.fact)
            {named.format(number=number) if by_scope else ""}"""
        touched = [int(rowid) for (rowid,) in self._connection.execute(in_part)]
        self._copy_words("fact_words", f"SELECT {number} FROM temp.fact WHERE {number} NOT IN ({in_part})")
        index_statements(self._connection, touched)

    def _copy_words(self, table: str, rowids: str) -> None:
        columns = WORDS[table]
        for statement in word_index(table, columns, database="temp").split(";"):
            self._connection.execute(statement)
        self._connection.execute(
            f"""INSERT INTO temp.{table} (rowid, {columns})
                SELECT rowid, {columns} FROM main.{table} WHERE rowid IN ({rowids})"""
        )
