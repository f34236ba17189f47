"""Everything a knowledge base holds, to be compared before and after."""

import sqlite3
from contextlib import closing
from pathlib import Path

TABLES = ("source", "record", "chunk", "asked", "entity", "alias", "property", "fact", "fact_source", "encoder")
DERIVED = ("chunk_vector", "way", "intent", "chunk_words", "fact_words", "chunk_vocabulary", "fact_vocabulary")


def dump(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table, words and vectors too, all but the log, which keeps what was taken back."""
    with closing(sqlite3.connect(path)) as connection:
        found = {}
        for table in (*TABLES, *DERIVED):
            rowid = "rowid, " if table.endswith("_words") else ""
            found[table] = sorted(connection.execute(f"SELECT {rowid}* FROM {table}").fetchall())
        return found
