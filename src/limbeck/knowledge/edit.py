"""Edits of an open knowledge base: each one transaction, logged, and undoable.

An edit is the rows it takes out and the rows it puts in; undoing it swaps the two.
"""

import difflib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from limbeck.core.errors import KnowledgeError
from limbeck.corpus.language import LANGUAGES
from limbeck.corpus.schema import Property
from limbeck.knowledge.evidence import Label
from limbeck.knowledge.rendering import Rendering, Value
from limbeck.knowledge.text import key, name_key, stem_key, units
from limbeck.knowledge.write import fact_norms, index_chunk, index_statements, statement_id

if TYPE_CHECKING:
    from limbeck.knowledge.embedder import Embedder

EDIT_SOURCE = "edit"
_KEY_COLUMNS = {
    "source": ("id",),
    "record": ("source_id", "row"),
    "chunk": ("id",),
    "entity": ("id",),
    "alias": ("norm", "entity_id", "source_id"),
    "property": ("id",),
    "fact": ("id",),
    "fact_source": ("fact_id", "source_id", "row"),
}

Rows = dict[str, list[list[Any]]]
"""Whole rows by table, keys first."""


class Editor:
    """Change one knowledge base that is open for writing."""

    def __init__(self, connection: sqlite3.Connection, embedder: "Embedder | None" = None) -> None:
        self._connection = connection
        self._embedder = embedder

    def set_value(self, subject: str, property: str, value: str, language: str | None) -> None:
        """Make a value the only one of a subject and property, in one language or in both.

        Raises: KnowledgeError: unknown subject, property or language, or an empty value.
        """
        if language not in (None, *LANGUAGES) or not value.strip():
            what = f"unknown language {language!r}" if value.strip() else "the value is empty"
            raise KnowledgeError(what, fix=f"languages: {', '.join(LANGUAGES)}; to forget a fact, delete it")
        with self._transaction():
            entity_id, label = self._entity(subject)
            property_id, known = self._property(property)
            before = self._statement_rows(entity_id, property_id)
            values = self._values(property_id, value.strip(), language, before)
            after = self._edited(entity_id, property_id, values, f"subject: {label}\n{known.id}: {value.strip()}")
            self._change(f"set {label} / {known.id}", before, after)

    def delete(self, subject: str, property: str) -> None:
        """Forget every value of a subject and property.

        Raises: KnowledgeError: unknown subject or property, or nothing known.
        """
        with self._transaction():
            entity_id, label = self._entity(subject)
            property_id, known = self._property(property)
            before = self._statement_rows(entity_id, property_id)
            if not before["fact"]:
                raise KnowledgeError(
                    f"nothing is known of {label!r} and {known.id!r}", fix="there is nothing to delete"
                )
            self._change(f"delete {label} / {known.id}", before, {})

    def delete_source(self, source: str) -> None:
        """Forget a source and exactly what only it supported.

        Raises: KnowledgeError: unknown source, or the edits themselves.
        """
        if source == EDIT_SOURCE:
            raise KnowledgeError("edits are not a source to delete", fix="take them back one by one with undo")
        with self._transaction():
            found = self._rows("SELECT * FROM source WHERE name = ?", source)
            if not found:
                names = [name for (name,) in self._connection.execute("SELECT name FROM source ORDER BY id")]
                raise KnowledgeError(f"no source {source!r}", fix=_nearest(source, names))
            self._change(f"delete source {source}", self._only_from(int(found[0][0])), {})

    def undo(self) -> str:
        """Take back the newest edit that still holds, and say what it was.

        Raises: KnowledgeError: there is none.
        """
        with self._transaction():
            query = "SELECT id, op, before, after FROM log WHERE NOT undone ORDER BY id DESC LIMIT 1"
            found = self._connection.execute(query).fetchone()
            if found is None:
                raise KnowledgeError("there is no edit to undo", fix="nothing needs doing")
            number, operation, before, after = found
            self._apply(json.loads(after), json.loads(before))
            self._connection.execute("UPDATE log SET undone = 1 WHERE id = ?", (number,))
            return str(operation)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise KnowledgeError(f"cannot be edited: {error}", fix="close other editors, check the rights") from error
        try:
            yield
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._connection.rollback()
            raise KnowledgeError(f"the edit was not made: {error}", fix="check disk space, then try again") from error
        except BaseException:
            self._connection.rollback()
            raise

    def _change(self, operation: str, before: Rows, after: Rows) -> None:
        self._apply(before, after)
        rows = [json.dumps(part, ensure_ascii=False, sort_keys=True) for part in (before, after)]
        self._connection.execute("INSERT INTO log VALUES (?, ?, ?, ?, 0)", (self._next_log(), operation, *rows))

    def _apply(self, removed: Rows, added: Rows) -> None:
        for table, rows in removed.items():
            keys = _KEY_COLUMNS[table]
            clause = " AND ".join(f"{column} = ?" for column in keys)
            self._connection.executemany(f"DELETE FROM {table} WHERE {clause}", [row[: len(keys)] for row in rows])
        for table, rows in added.items():
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                self._connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        for chunk_id, *_ in removed.get("chunk", []):
            self._connection.execute("DELETE FROM chunk_words WHERE rowid = ?", (chunk_id,))
        for chunk_id, *_, title, heading, text in added.get("chunk", []):
            index_chunk(self._connection, chunk_id, (title, heading), text)
        index_statements(self._connection, self._touched(removed, added))
        self._embed(removed, added)

    def _embed(self, removed: Rows, added: Rows) -> None:
        for table in ("chunk", "property"):
            gone = [(row[0],) for row in removed.get(table, [])]
            self._connection.executemany(f"DELETE FROM {table}_vector WHERE id = ?", gone)
        chunks, properties = ([row[0] for row in added.get(table, [])] for table in ("chunk", "property"))
        if self._embedder is None or not (chunks or properties):
            return
        from limbeck.knowledge.likeness import embed_chunks, embed_properties

        embed_chunks(self._connection, self._embedder, chunks)
        embed_properties(self._connection, self._embedder, properties)

    def _touched(self, removed: Rows, added: Rows) -> set[int]:
        facts = [*removed.get("fact", []), *added.get("fact", [])]
        touched = {statement_id(entity_id, property_id) for _, entity_id, property_id, *_ in facts}
        for entity_id in {row[1] for rows in (removed, added) for row in rows.get("alias", [])}:
            query = "SELECT DISTINCT property_id FROM fact WHERE entity_id = ?"
            touched.update(statement_id(entity_id, each) for (each,) in self._connection.execute(query, (entity_id,)))
        return touched

    def _statement_rows(self, entity_id: int, property_id: int) -> Rows:
        about = (entity_id, property_id)
        facts = "SELECT id FROM fact WHERE entity_id = ? AND property_id = ?"
        return {
            "fact": self._rows("SELECT * FROM fact WHERE entity_id = ? AND property_id = ? ORDER BY position", *about),
            "fact_source": self._rows(f"SELECT * FROM fact_source WHERE fact_id IN ({facts})", *about),
        }

    def _edited(self, entity_id: int, property_id: int, values: Iterable[Value], text: str) -> Rows:
        """Return the rows of a fact that an edit states, cited as the edit itself."""
        known = self._rows("SELECT * FROM source WHERE name = ?", EDIT_SOURCE)
        source = known[0] if known else [self._next("source"), EDIT_SOURCE, "edit", ""]
        log_id, first = self._next_log(), self._next("fact")
        facts = [
            [first + at, entity_id, property_id, at + 1, value.shown.en, value.shown.zh, *fact_norms(value.bare)]
            for at, value in enumerate(values)
        ]
        return {
            "source": [] if known else [source],
            "record": [[source[0], log_id, text]],
            "fact": facts,
            "fact_source": [[fact[0], source[0], log_id] for fact in facts],
        }

    def _values(self, property_id: int, value: str, language: str | None, before: Rows) -> tuple[Value, ...]:
        query = "SELECT rendering FROM property WHERE id = ?"
        rendering = Rendering.from_json(json.loads(self._connection.execute(query, (property_id,)).fetchone()[0]))
        values = rendering.values(Label(en=value, zh=value), paired=False)
        if language is None:
            return tuple(self._in_both(property_id, each) for each in values)
        shown: dict[str, str] = (
            {side: before["fact"][0][4 + at] for at, side in enumerate(LANGUAGES)} if before["fact"] else {}
        )
        norms: dict[str, str] = (
            {side: before["fact"][0][6 + at] for at, side in enumerate(LANGUAGES)} if before["fact"] else {}
        )
        shown[language], norms[language] = values[0].shown.get(language), value
        sides = [Label(en=part.get("en", value), zh=part.get("zh", value)) for part in (shown, norms)]
        return (Value(shown=sides[0], bare=sides[1], paired=True),)

    def _in_both(self, property_id: int, value: Value) -> Value:
        """Give a value the other language's form where the base knows it."""
        norm = key(value.bare.en)
        query = (
            "SELECT en, zh, norm_en, norm_zh FROM fact WHERE property_id = ? AND ? IN (norm_en, norm_zh) ORDER BY id"
        )
        known = self._connection.execute(query, (property_id, norm)).fetchone()
        if known is None:
            label = """SELECT en, zh, en, zh FROM alias JOIN entity ON entity.id = entity_id
                WHERE norm = ? AND is_label ORDER BY entity_id"""
            known = self._connection.execute(label, (name_key(value.bare.en),)).fetchone()
        if known is None or not norm:
            return value
        return Value(shown=Label(en=known[0], zh=known[1]), bare=Label(en=known[2], zh=known[3]), paired=True)

    def _only_from(self, source_id: int) -> Rows:
        """Return every row that no other source supports once a source is gone."""
        orphan_facts = """SELECT fact_id FROM fact_source GROUP BY fact_id
            HAVING max(source_id = ?1) AND min(source_id = ?1)"""
        facts = f"SELECT * FROM fact WHERE id IN ({orphan_facts})"
        left = f"SELECT entity_id FROM fact WHERE id NOT IN ({orphan_facts})"
        named = "SELECT entity_id FROM alias WHERE source_id != ?1"
        gone = f"SELECT id FROM entity WHERE id NOT IN ({left}) AND id NOT IN ({named})"
        properties = f"""SELECT * FROM property WHERE id IN (SELECT property_id FROM ({facts}))
            AND id NOT IN (SELECT property_id FROM fact WHERE id NOT IN ({orphan_facts}))"""
        queries = {
            "source": "SELECT * FROM source WHERE id = ?1",
            "record": "SELECT * FROM record WHERE source_id = ?1",
            "chunk": "SELECT * FROM chunk WHERE source_id = ?1",
            "fact": facts,
            "fact_source": "SELECT * FROM fact_source WHERE source_id = ?1",
            "entity": f"SELECT * FROM entity WHERE id IN ({gone})",
            "alias": f"SELECT * FROM alias WHERE source_id = ?1 AND (entity_id IN ({gone}) OR entity_id IN ({named}))",
            "property": properties,
        }
        return {table: self._rows(query, source_id) for table, query in queries.items()}

    def _entity(self, name: str) -> tuple[int, str]:
        query = """SELECT entity.id, entity.en, max(is_label) FROM alias JOIN entity ON entity.id = entity_id
            WHERE norm = ? GROUP BY entity.id ORDER BY 3 DESC, 1"""
        found = self._connection.execute(query, (name_key(name),)).fetchall()
        best = [(number, label) for number, label, is_label in found if is_label == found[0][2]]
        if len(best) == 1:
            return int(best[0][0]), str(best[0][1])
        if best:
            several = ", ".join(label for _, label in best)
            raise KnowledgeError(f"{name!r} names more than one subject: {several}", fix="use the full name of one")
        names = [each for pair in self._connection.execute("SELECT en, zh FROM entity ORDER BY id") for each in pair]
        raise KnowledgeError(f"no subject {name!r}", fix=_nearest(name, names))

    def _property(self, name: str) -> tuple[int, Property]:
        wanted = stem_key(units(name))
        every = []
        for number, body in self._connection.execute("SELECT id, body FROM property ORDER BY id"):
            known = Property.from_json(json.loads(body))
            names = [label for labels in known.labels.values() for label in labels]
            if known.id == name or wanted in [stem_key(units(label)) for label in names]:
                return int(number), known
            every.append(known.id)
        raise KnowledgeError(f"no property {name!r}", fix=_nearest(name, every))

    def _rows(self, query: str, *values: object) -> list[list[Any]]:
        return [list(row) for row in self._connection.execute(query, values)]

    def _next(self, table: str) -> int:
        return int(self._connection.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").fetchone()[0])

    def _next_log(self) -> int:
        return self._next("log")


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known[:12])}"
