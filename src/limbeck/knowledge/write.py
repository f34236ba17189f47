"""Rows into an empty knowledge base, in one fixed order."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from limbeck.corpus.schema import Property
from limbeck.knowledge.gather import Gathered, GatheredFile
from limbeck.knowledge.layout import TABLES, WORDS
from limbeck.knowledge.rendering import Value
from limbeck.knowledge.source import RowRead
from limbeck.knowledge.text import key, name_key, units, words
from limbeck.knowledge.validity import Validity

if TYPE_CHECKING:
    from limbeck.knowledge.embedder import Embedder

_ENTITY_SHIFT = 1 << 16
STATEMENT_ID = f"entity_id * {_ENTITY_SHIFT} + property_id"
"""What `statement_id` returns, in SQL."""
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
        about = (source_id, file.name, file.kind, file.digest, file.scope)
        connection.execute("INSERT INTO source VALUES (?, ?, ?, ?, ?)", about)
        _write_chunks(connection, file, source_id)
        _write_asked(connection, file, source_id)
        for row in file.rows:
            writer.write(row, source_id, file.scope)
    index_statements(connection, None)
    _write_vectors(connection, embedder)
    connection.execute("COMMIT")
    for table in WORDS:
        connection.execute(f"INSERT INTO {table}({table}) VALUES ('optimize')")


def index_statements(connection: sqlite3.Connection, rowids: Iterable[int] | None) -> None:
    """Write the index rows of some statements anew, or of all into an empty index."""
    kept = None if rowids is None else sorted(set(rowids))
    for rowid in kept or ():
        connection.execute("DELETE FROM fact_words WHERE rowid = ?", (rowid,))
    rows = list(statement_words(connection, kept))
    connection.executemany("INSERT INTO fact_words(rowid, names, content) VALUES (?, ?, ?)", rows)


def statement_words(connection: sqlite3.Connection, rowids: Sequence[int] | None) -> Iterator[tuple[int, str, str]]:
    """Yield the index rows of some statements, or of all: their names and their values as words."""
    if rowids is None:
        pairs = list(connection.execute("SELECT DISTINCT entity_id, property_id FROM fact ORDER BY 1, 2"))
    else:
        known = "SELECT DISTINCT entity_id, property_id FROM fact WHERE entity_id = ? AND property_id = ?"
        pairs = [pair for rowid in rowids for pair in connection.execute(known, statement_of(rowid))]
    properties = {
        number: [name for names in Property.from_json(json.loads(body)).labels.values() for name in names]
        for number, body in connection.execute("SELECT id, body FROM property")
    }
    query = "SELECT en, zh FROM fact WHERE entity_id = ? AND property_id = ? ORDER BY position"
    for entity_id, property_id in pairs:
        names = statement_names(connection, entity_id, properties[property_id])
        values = connection.execute(query, (entity_id, property_id))
        yield statement_id(entity_id, property_id), _written(names), _written(each for pair in values for each in pair)


def statement_names(connection: sqlite3.Connection, entity_id: int, labels: Iterable[str]) -> list[str]:
    """Return every name of a subject and of a property, once each."""
    aliases = connection.execute("SELECT name FROM alias WHERE entity_id = ? ORDER BY norm, source_id", (entity_id,))
    return list(dict.fromkeys([*(name for (name,) in aliases), *labels]))


def index_chunk(connection: sqlite3.Connection, chunk_id: int, heads: Iterable[str], text: str) -> None:
    """Write the index row of a passage."""
    row = (chunk_id, *chunk_words(heads, text))
    connection.execute("INSERT INTO chunk_words(rowid, head, body) VALUES (?, ?, ?)", row)


def chunk_words(heads: Iterable[str], text: str) -> tuple[str, str]:
    """Return the headings and the text of a passage as words."""
    return _written(heads), _written([text])


def _written(lines: Iterable[str]) -> str:
    return " ".join(words("\n".join(lines)))


def _write_vectors(connection: sqlite3.Connection, embedder: "Embedder | None") -> None:
    from limbeck.knowledge.intent_rows import write_intents

    write_intents(connection, embedder)
    if embedder is not None:
        from limbeck.knowledge.likeness import embed_chunks

        connection.execute("INSERT INTO encoder VALUES (?)", (embedder.digest,))
        embed_chunks(connection, embedder)


def _write_schema(connection: sqlite3.Connection, gathered: Gathered) -> None:
    for number, entity in enumerate(gathered.entities, start=1):
        row = (number, entity.label.en, entity.label.zh, entity.kind.en, entity.kind.zh, entity.scope)
        connection.execute("INSERT INTO entity VALUES (?, ?, ?, ?, ?, ?)", row)
    for number, ((name, scope), read) in enumerate(gathered.properties.items(), start=1):
        body, rendering = (
            json.dumps(part.to_json(), ensure_ascii=False, sort_keys=True) for part in (read.property, read.rendering)
        )
        connection.execute("INSERT INTO property VALUES (?, ?, ?, ?, ?)", (number, name, body, rendering, scope))


def _write_chunks(connection: sqlite3.Connection, file: GatheredFile, source_id: int) -> None:
    for chunk in file.chunks:
        row = (source_id, chunk.start, chunk.stop, chunk.language, chunk.title, chunk.heading, chunk.text)
        cursor = connection.execute("INSERT INTO chunk VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", row)
        index_chunk(connection, int(cursor.lastrowid or 0), (chunk.title, chunk.heading), chunk.text)


def _write_asked(connection: sqlite3.Connection, file: GatheredFile, source_id: int) -> None:
    for heading, texts in file.asked.items():
        rows = [(source_id, heading, place, text) for place, text in enumerate(texts)]
        connection.executemany("INSERT INTO asked VALUES (?, ?, ?, ?)", rows)


class _FactWriter:
    """Write table rows; a value that two sources state becomes one fact with two sources."""

    def __init__(self, connection: sqlite3.Connection, gathered: Gathered) -> None:
        self._connection = connection
        self._gathered = gathered
        self._property_ids = {key: number for number, key in enumerate(gathered.properties, start=1)}

    def write(self, row: RowRead, source_id: int, scope: str) -> None:
        """Write one row: its text, its subject's names, its facts."""
        self._connection.execute("INSERT INTO record VALUES (?, ?, ?)", (source_id, row.number, row.text))
        index = self._gathered.entity_index(row.subject, scope)
        label = self._gathered.entities[index].label
        labels = (row.subject.en, row.subject.zh, label.en, label.zh)
        for norm, *rest in alias_rows(labels, row.aliases):
            alias = (norm, index + 1, source_id, *rest)
            self._connection.execute("INSERT OR IGNORE INTO alias VALUES (?, ?, ?, ?, ?, ?, ?)", alias)
        for name, values in row.values.items():
            about = (index + 1, self._property_ids[self._gathered.property_key(name, scope)])
            for value in values:
                fact_id = self._fact(about, self._gathered.resolve(value, scope), row.valid)
                place = (fact_id, source_id, row.number)
                self._connection.execute("INSERT OR IGNORE INTO fact_source VALUES (?, ?, ?)", place)

    def _fact(self, about: tuple[int, int], value: Value, valid: Validity) -> int:
        query = """SELECT id, en, zh, valid_from, valid_until FROM fact
            WHERE entity_id = ? AND property_id = ? ORDER BY position"""
        known = self._connection.execute(query, about).fetchall()
        stated = (value.shown.en, value.shown.zh, valid.start, valid.end)
        for fact_id, *said in known:
            if tuple(said) == stated:
                return int(fact_id)
        row = fact_row(about, len(known) + 1, value, valid)
        cursor = self._connection.execute("INSERT INTO fact VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        return int(cursor.lastrowid or 0)


def fact_row(about: tuple[int, int], position: int, value: Value, valid: Validity) -> tuple[Any, ...]:
    """Return a row of `fact` without its id; `about` is the subject and the property."""
    norms = (key(value.bare.en), key(value.bare.zh))
    return (*about, position, value.shown.en, value.shown.zh, *norms, valid.start, valid.end)


def alias_rows(labels: Sequence[str], aliases: Iterable[str]) -> Iterator[tuple[str, str, int, int, int]]:
    """Yield norm, name, is it a label, must it be in capitals, and length of every name that can be looked up."""
    for name in dict.fromkeys((*labels, *aliases)):
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
