"""A change of a knowledge base as the rows it takes out and the rows it puts in, with all that hangs on them.

What is derived from rows (words, vectors) follows them; foreign keys are held when the edit ends.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from limbeck.knowledge.write import index_chunk, index_statements, statement_id

if TYPE_CHECKING:
    from limbeck.knowledge.embedder import Embedder

KEYS: Mapping[str, tuple[str, ...]] = {
    "source": ("id",),
    "record": ("source_id", "row"),
    "chunk": ("id",),
    "asked": ("source_id", "heading", "place"),
    "entity": ("id",),
    "alias": ("norm", "entity_id", "source_id"),
    "property": ("id",),
    "fact": ("id",),
    "fact_source": ("fact_id", "source_id", "row"),
}
"""The tables that edits change, and the columns that tell a row from the others; they come first."""

Rows = dict[str, list[list[Any]]]
"""Whole rows by table, keys first."""


def read_rows(connection: sqlite3.Connection, query: str, *values: object) -> list[list[Any]]:
    """Return the rows of a query as lists, as a log keeps them."""
    return [list(row) for row in connection.execute(query, values)]


def next_id(connection: sqlite3.Connection, table: str) -> int:
    """Return the first number after those a table has."""
    return int(connection.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").fetchone()[0])


def apply(connection: sqlite3.Connection, removed: Rows, added: Rows, embedder: "Embedder | None" = None) -> None:
    """Take rows out and put others in, within the transaction that is open."""
    for table, rows in removed.items():
        keys = KEYS[table]
        clause = " AND ".join(f"{column} = ?" for column in keys)
        connection.executemany(f"DELETE FROM {table} WHERE {clause}", [row[: len(keys)] for row in rows])
    for table, rows in added.items():
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
    for chunk_id, *_ in removed.get("chunk", []):
        connection.execute("DELETE FROM chunk_words WHERE rowid = ?", (chunk_id,))
    for chunk_id, *_, title, heading, text in added.get("chunk", []):
        index_chunk(connection, chunk_id, (title, heading), text)
    index_statements(connection, _touched(connection, removed, added))
    _embed(connection, removed, added, embedder)


def written(rows: Rows) -> str:
    """Write rows as the log keeps them."""
    return json.dumps({table: kept for table, kept in rows.items() if kept}, ensure_ascii=False, sort_keys=True)


def joined(parts: Iterable[Rows]) -> Rows:
    """Put the rows of several changes together."""
    whole: Rows = {}
    for part in parts:
        for table, rows in part.items():
            whole.setdefault(table, []).extend(rows)
    return whole


def _embed(connection: sqlite3.Connection, removed: Rows, added: Rows, embedder: "Embedder | None") -> None:
    gone = [(row[0],) for row in removed.get("chunk", [])]
    connection.executemany("DELETE FROM chunk_vector WHERE id = ?", gone)
    chunks = [row[0] for row in added.get("chunk", [])]
    if chunks and embedder is not None:
        from limbeck.knowledge.likeness import embed_chunks

        embed_chunks(connection, embedder, chunks)
    if any(rows.get(table) for rows in (removed, added) for table in ("property", "asked")):
        from limbeck.knowledge.intent_rows import write_intents

        write_intents(connection, embedder)


def _touched(connection: sqlite3.Connection, removed: Rows, added: Rows) -> set[int]:
    facts = [*removed.get("fact", []), *added.get("fact", [])]
    touched = {statement_id(entity_id, property_id) for _, entity_id, property_id, *_ in facts}
    for entity_id in {row[1] for rows in (removed, added) for row in rows.get("alias", [])}:
        query = "SELECT DISTINCT property_id FROM fact WHERE entity_id = ?"
        touched.update(statement_id(entity_id, each) for (each,) in connection.execute(query, (entity_id,)))
    return touched
