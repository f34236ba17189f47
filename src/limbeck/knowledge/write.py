"""Rows into an empty knowledge base, in one fixed order."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from limbeck.corpus.schema import Property
from limbeck.knowledge.evidence import Label
from limbeck.knowledge.gather import Entity, Gathered, GatheredFile
from limbeck.knowledge.layout import TABLES
from limbeck.knowledge.rendering import Value
from limbeck.knowledge.source import RowRead
from limbeck.knowledge.text import key, name_key, units, words

if TYPE_CHECKING:
    from limbeck.knowledge.embedder import Embedder

_ENTITY_SHIFT = 1 << 16
_SHORT_LETTERS = 3


def statement_id(entity_id: int, property_id: int) -> int:
    """Return the index row of everything known of one subject and property."""
    return entity_id * _ENTITY_SHIFT + property_id


def statement_of(rowid: int) -> tuple[int, int]:
    """Return the subject and property of an index row."""
    return divmod(rowid, _ENTITY_SHIFT)


def write_all(connection: sqlite3.Connection, gathered: Gathered, embedder: "Embedder | None" = None) -> None:
    """Create the tables and fill them, with vectors where there is an encoder."""
    connection.executescript(TABLES)
    connection.execute("BEGIN")
    _write_schema(connection, gathered)
    writer = _FactWriter(connection, gathered)
    for source_id, file in enumerate(gathered.files, start=1):
        connection.execute("INSERT INTO source VALUES (?, ?, ?, ?)", (source_id, file.name, file.kind, file.digest))
        _write_chunks(connection, file, source_id)
        for row in file.rows:
            writer.write(row, source_id)
    index_statements(connection, None)
    if embedder is not None:
        _write_vectors(connection, embedder)
    connection.execute("COMMIT")
    for table in ("chunk_words", "fact_words"):
        connection.execute(f"INSERT INTO {table}({table}) VALUES ('optimize')")


def index_statements(connection: sqlite3.Connection, rowids: Iterable[int] | None) -> None:
    """Write the index rows of some statements anew, or of all into an empty index."""
    kept = None if rowids is None else set(rowids)
    for rowid in sorted(kept or ()):
        connection.execute("DELETE FROM fact_words WHERE rowid = ?", (rowid,))
    if kept is None:
        pairs = list(connection.execute("SELECT DISTINCT entity_id, property_id FROM fact ORDER BY 1, 2"))
    else:
        known = "SELECT DISTINCT entity_id, property_id FROM fact WHERE entity_id = ? AND property_id = ?"
        pairs = [pair for rowid in sorted(kept) for pair in connection.execute(known, statement_of(rowid))]
    properties = {
        number: [name for names in Property.from_json(json.loads(body)).labels.values() for name in names]
        for number, body in connection.execute("SELECT id, body FROM property")
    }
    query = "SELECT en, zh FROM fact WHERE entity_id = ? AND property_id = ? ORDER BY position"
    for entity_id, property_id in pairs:
        names = statement_names(connection, entity_id, properties[property_id])
        values = connection.execute(query, (entity_id, property_id))
        texts = (names, [value for pair in values for value in pair])
        row = (statement_id(entity_id, property_id), *(" ".join(words("\n".join(lines))) for lines in texts))
        connection.execute("INSERT INTO fact_words(rowid, names, content) VALUES (?, ?, ?)", row)


def statement_names(connection: sqlite3.Connection, entity_id: int, labels: Iterable[str]) -> list[str]:
    """Return every name of a subject and of a property, once each."""
    aliases = connection.execute("SELECT name FROM alias WHERE entity_id = ? ORDER BY norm, source_id", (entity_id,))
    return list(dict.fromkeys([*(name for (name,) in aliases), *labels]))


def index_chunk(connection: sqlite3.Connection, chunk_id: int, heads: Iterable[str], text: str) -> None:
    """Write the index row of a passage."""
    parts = (" ".join(words("\n".join(heads))), " ".join(words(text)))
    connection.execute("INSERT INTO chunk_words(rowid, head, body) VALUES (?, ?, ?)", (chunk_id, *parts))


def _write_vectors(connection: sqlite3.Connection, embedder: "Embedder") -> None:
    from limbeck.knowledge.likeness import embed_chunks, embed_properties

    connection.execute("INSERT INTO encoder VALUES (?)", (embedder.digest,))
    embed_properties(connection, embedder)
    embed_chunks(connection, embedder)


def fact_norms(bare: Label) -> tuple[str, str]:
    """Return the normal forms under which a question may name a value."""
    return key(bare.en), key(bare.zh)


def _write_schema(connection: sqlite3.Connection, gathered: Gathered) -> None:
    for number, entity in enumerate(gathered.entities, start=1):
        row = (number, entity.label.en, entity.label.zh, entity.kind.en, entity.kind.zh)
        connection.execute("INSERT INTO entity VALUES (?, ?, ?, ?, ?)", row)
    for number, (name, read) in enumerate(gathered.properties.items(), start=1):
        body, rendering = (
            json.dumps(part.to_json(), ensure_ascii=False, sort_keys=True) for part in (read.property, read.rendering)
        )
        connection.execute("INSERT INTO property VALUES (?, ?, ?, ?)", (number, name, body, rendering))


def _write_chunks(connection: sqlite3.Connection, file: GatheredFile, source_id: int) -> None:
    for chunk in file.chunks:
        row = (source_id, chunk.start, chunk.stop, chunk.language, chunk.title, chunk.heading, chunk.text)
        cursor = connection.execute("INSERT INTO chunk VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", row)
        index_chunk(connection, int(cursor.lastrowid or 0), (chunk.title, chunk.heading), chunk.text)


class _FactWriter:
    """Write table rows; a value that two sources state becomes one fact with two sources."""

    def __init__(self, connection: sqlite3.Connection, gathered: Gathered) -> None:
        self._connection = connection
        self._gathered = gathered
        self._property_ids = {name: number for number, name in enumerate(gathered.properties, start=1)}

    def write(self, row: RowRead, source_id: int) -> None:
        """Write one row: its text, its subject's names, its facts."""
        self._connection.execute("INSERT INTO record VALUES (?, ?, ?)", (source_id, row.number, row.text))
        index = self._gathered.entity_index(row.subject)
        for norm, name, is_label, cased, length in _aliases(row, self._gathered.entities[index]):
            alias = (norm, index + 1, source_id, name, is_label, cased, length)
            self._connection.execute("INSERT OR IGNORE INTO alias VALUES (?, ?, ?, ?, ?, ?, ?)", alias)
        for name, values in row.values.items():
            for value in values:
                fact_id = self._fact(index + 1, self._property_ids[name], self._gathered.resolve(value))
                place = (fact_id, source_id, row.number)
                self._connection.execute("INSERT OR IGNORE INTO fact_source VALUES (?, ?, ?)", place)

    def _fact(self, entity_id: int, property_id: int, value: Value) -> int:
        about = (entity_id, property_id)
        query = "SELECT id, en, zh FROM fact WHERE entity_id = ? AND property_id = ? ORDER BY position"
        known = self._connection.execute(query, about).fetchall()
        for fact_id, en, zh in known:
            if (en, zh) == (value.shown.en, value.shown.zh):
                return int(fact_id)
        row = (*about, len(known) + 1, value.shown.en, value.shown.zh, *fact_norms(value.bare))
        cursor = self._connection.execute("INSERT INTO fact VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", row)
        return int(cursor.lastrowid or 0)


def _aliases(row: RowRead, entity: Entity) -> Iterator[tuple[str, str, int, int, int]]:
    labels = (row.subject.en, row.subject.zh, entity.label.en, entity.label.zh)
    for name in dict.fromkeys((*labels, *row.aliases)):
        parts = units(name)
        is_label = name in labels
        letters = sum(len(unit.text) for unit in parts if not unit.han)
        lone = len(parts) == 1 and parts[0].han
        if not parts or (lone and not is_label):
            continue
        short = all(not unit.han for unit in parts) and letters <= _SHORT_LETTERS
        cased = short and (not is_label or name.isupper() or letters < _SHORT_LETTERS)
        norm = name_key(name)
        yield norm, name, int(is_label), int(cased), norm.count(" ") + 1
