"""Edits of an open knowledge base: each one transaction, logged, and undoable.

An edit is the rows it takes out and the rows it puts in; undoing it swaps the two. It speaks for one scope: the one
named, or else that of its subject or property; what other scopes support stays as it is.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, Any, final

from limbeck.core.errors import KnowledgeError
from limbeck.knowledge import stated as typed
from limbeck.knowledge.change import Rows, apply, joined, next_id, read_rows, written
from limbeck.knowledge.naming import KnownProperty, Names, Subject, nearest
from limbeck.knowledge.new_subject import new_subject
from limbeck.knowledge.rendering import Value
from limbeck.knowledge.stated import Addition, Stated
from limbeck.knowledge.supported import cut_out, only_from
from limbeck.knowledge.validity import ALWAYS, Validity
from limbeck.knowledge.write import fact_row

if TYPE_CHECKING:
    from limbeck.knowledge.embedder import Embedder

EDIT_SOURCE = "edit"
HALF_CHARACTER = "it holds half a character"
Clock = Callable[[], datetime]


@final
class Editor:
    """Change one knowledge base that is open for writing."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock, embedder: "Embedder | None" = None) -> None:
        self._connection = connection
        self._clock = clock
        self._embedder = embedder

    def set_value(self, subject: str, stated: Stated, *, valid: Validity = ALWAYS, scope: str | None = None) -> None:
        """Make a value the only one of a subject and property on some days; on others, all stays as it was.

        Raises: KnowledgeError: unknown subject, property or language, or an empty value.
        """
        typed.check([stated])
        with self._transaction():
            about, known, scope = self._named(subject, stated.property, scope)
            removed, left = cut_out(self._connection, (about.id, known.id), scope, valid)
            if stated.language is None:
                values = typed.values_of(self._connection, known.id, [stated], scope)
            else:
                before = removed["fact"][0] if removed["fact"] else None
                language, value = stated.language, stated.value.strip()
                values = typed.in_one_language(self._connection, known.id, value, language, before)
            lines = [f"subject: {about.label.en}", f"{known.property.id}: {stated.value.strip()}"]
            places = self._places((about.id, known.id), removed, left)
            facts = [list(fact_row((about.id, known.id), next(places), value, valid)) for value in values]
            added = joined([left, self._edited(facts, left, [*lines, *_days(valid)], scope)])
            self._change(f"set {about.label.en} / {known.property.id}", removed, added)

    def add(self, addition: Addition, *, valid: Validity = ALWAYS, scope: str | None = None) -> None:
        """Add values to what is known of a subject, or a new subject with its values.

        Raises: KnowledgeError: unknown subject or property, a subject that is not new, or a value known already.
        """
        typed.check(addition.values)
        if not addition.values:
            raise KnowledgeError("there is nothing to add", fix="give at least one property with its value")
        with self._transaction():
            subject, rows = self._subject(addition, scope)
            facts: list[list[Any]] = []
            lines = [f"subject: {subject.label.en}"]
            by_property = self._by_property(addition.values, subject, scope)
            for known, some, scope_of in by_property:
                places = self._places((subject.id, known.id), {}, {})
                for value in typed.values_of(self._connection, known.id, some, scope_of):
                    self._check_is_new((subject, known), value, valid, scope_of)
                    facts.append(list(fact_row((subject.id, known.id), next(places), value, valid)))
                lines += [f"{known.property.id}: {each.value.strip()}" for each in some]
            scopes = {scope_of for _, _, scope_of in by_property}
            if len(scopes) > 1:
                raise KnowledgeError("these properties belong to several scopes", fix="add them one at a time")
            edited = self._edited(facts, {}, [*lines, *_days(valid)], scopes.pop())
            for alias in rows.get("alias", []):
                alias[2] = edited["record"][0][0]
            properties = ", ".join(dict.fromkeys(each.property for each in addition.values))
            self._change(f"add {subject.label.en} / {properties}", {}, joined([rows, edited]))

    def delete(self, subject: str, property: str, *, scope: str | None = None) -> None:
        """Forget every value of a subject and property.

        Raises: KnowledgeError: unknown subject or property, or nothing known.
        """
        with self._transaction():
            about, known, scope = self._named(subject, property, scope)
            removed, _ = cut_out(self._connection, (about.id, known.id), scope, ALWAYS)
            if not removed["fact_source"]:
                what = f"nothing is known of {about.label.en!r} and {known.property.id!r}"
                raise KnowledgeError(what, fix="there is nothing to delete")
            self._change(f"delete {about.label.en} / {known.property.id}", removed, {})

    def delete_source(self, source: str, *, scope: str | None = None) -> None:
        """Forget a source, with `scope` one that this scope may see, and exactly what only it supported.

        Raises: KnowledgeError: unknown source, or the edits themselves.
        """
        with self._transaction():
            seen = "SELECT {} FROM source WHERE " + ("true" if scope is None else "scope IN ('', :scope)")
            query = f"{seen.format('*')} AND name = :name"
            found = [list(row) for row in self._connection.execute(query, {"name": source, "scope": scope})]
            if (found and found[0][2] == EDIT_SOURCE) or source == EDIT_SOURCE:
                raise KnowledgeError("edits are not a source to delete", fix="take them back one by one with undo")
            if not found:
                query = f"{seen.format('name')} ORDER BY id"
                names = [name for (name,) in self._connection.execute(query, {"scope": scope})]
                raise KnowledgeError(f"no source {source!r}", fix=nearest(source, names))
            self._change(f"delete source {source}", *only_from(self._connection, int(found[0][0])))

    def undo(self, count: int = 1) -> tuple[str, ...]:
        """Take back the newest edits that still hold, all or none, and say what they were, newest first.

        Raises: KnowledgeError: there are not so many.
        """
        if count < 1:
            raise KnowledgeError(f"cannot take back {count} edits", fix="take back 1 or more")
        with self._transaction():
            query = "SELECT id, op, before, after FROM log WHERE NOT undone ORDER BY id DESC LIMIT ?"
            found = self._connection.execute(query, (count,)).fetchall()
            if not found:
                raise KnowledgeError("there is no edit to undo", fix="nothing needs doing")
            if len(found) < count:
                there = f"there are only {len(found)}" if len(found) > 1 else "there is only 1"
                raise KnowledgeError(f"{there} of {count} edits to undo", fix="`limbeck kb log` lists them")
            for number, _, before, after in found:
                apply(self._connection, json.loads(after), json.loads(before), self._embedder)
                self._connection.execute("UPDATE log SET undone = 1 WHERE id = ?", (number,))
            return tuple(str(operation) for _, operation, *_ in found)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute("PRAGMA defer_foreign_keys = ON")
        except sqlite3.OperationalError as error:
            raise KnowledgeError(f"cannot be edited: {error}", fix="close other editors, check the rights") from error
        try:
            yield
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._connection.rollback()
            raise KnowledgeError(f"the edit was not made: {error}", fix="check disk space, then try again") from error
        except UnicodeEncodeError as error:
            self._connection.rollback()
            raise KnowledgeError(f"this cannot be written: {HALF_CHARACTER}", fix="type it as UTF-8") from error
        except BaseException:
            self._connection.rollback()
            raise

    def _named(self, subject: str, property: str, scope: str | None) -> tuple[Subject, KnownProperty, str]:
        names = self._names(scope)
        about, known = names.subject(subject), names.property(property)
        return about, known, _scope_of(about, known, scope)

    def _names(self, scope: str | None) -> Names:
        if scope:
            known = [
                each for (each,) in self._connection.execute("SELECT DISTINCT scope FROM source WHERE scope != ''")
            ]
            if scope not in known:
                raise KnowledgeError(f"no source has the scope {scope!r}", fix=nearest(scope, known))
        return Names(self._connection, scope)

    def _subject(self, addition: Addition, scope: str | None) -> tuple[Subject, Rows]:
        """Return the subject to add to, and the rows that make it where it is new."""
        names = self._names(scope)
        if addition.is_new:
            scopes = {names.property(each.property).scope for each in addition.values} - {""}
            return new_subject(self._connection, addition, scope or min(scopes, default=""))
        if addition.names or addition.kind:
            raise KnowledgeError("other names and a kind are for a new subject", fix="add --new, or leave them out")
        if not names.subjects(addition.subject):
            error = names.no_subject(addition.subject)
            raise KnowledgeError(error.what, fix=f"{error.fix} To add it as a new subject: --new")
        return names.subject(addition.subject), {}

    def _by_property(
        self, values: Sequence[Stated], subject: Subject, scope: str | None
    ) -> list[tuple[KnownProperty, list[Stated], str]]:
        names = self._names(scope)
        grouped: dict[int, tuple[KnownProperty, list[Stated]]] = {}
        for each in values:
            known = names.property(each.property)
            grouped.setdefault(known.id, (known, []))[1].append(each)
        return [(known, some, _scope_of(subject, known, scope)) for known, some in grouped.values()]

    def _check_is_new(self, about: tuple[Subject, KnownProperty], value: Value, valid: Validity, scope: str) -> None:
        query = """SELECT valid_from, valid_until FROM fact JOIN fact_source ON fact_source.fact_id = fact.id
            JOIN source ON source.id = source_id
            WHERE entity_id = ? AND property_id = ? AND en = ? AND zh = ? AND scope IN ('', ?)"""
        subject, known = about
        shown = (value.shown.en, value.shown.zh)
        for start, end in self._connection.execute(query, (subject.id, known.id, *shown, scope)):
            if Validity(start=start, end=end).meets(valid):
                what = f"{subject.label.en} / {known.property.id} is {value.shown.en!r} already"
                raise KnowledgeError(what, fix="leave this value out")

    def _places(self, about: tuple[int, int], removed: Rows, added: Rows) -> Iterator[int]:
        """Yield the positions that no fact has once an edit is made."""
        query = "SELECT position FROM fact WHERE entity_id = ? AND property_id = ?"
        taken = {position for (position,) in self._connection.execute(query, about)}
        taken -= {row[3] for row in removed.get("fact", [])}
        taken |= {row[3] for row in added.get("fact", []) if (row[1], row[2]) == about}
        return (place for place in count(1) if place not in taken)

    def _edited(self, facts: list[list[Any]], left: Rows, lines: list[str], scope: str) -> Rows:
        """Return the rows of facts that an edit states, cited as the edit itself."""
        name = f"{EDIT_SOURCE}@{scope}" if scope else EDIT_SOURCE
        known = read_rows(self._connection, "SELECT * FROM source WHERE name = ?", name)
        source = known[0] if known else [next_id(self._connection, "source"), name, EDIT_SOURCE, "", scope]
        log_id = next_id(self._connection, "log")
        last = max((row[0] for row in left.get("fact", [])), default=0)
        first = max(next_id(self._connection, "fact"), last + 1)
        numbered = [[first + at, *fact] for at, fact in enumerate(facts)]
        return {
            "source": [] if known else [source],
            "record": [[source[0], log_id, "\n".join(lines)]],
            "fact": numbered,
            "fact_source": [[fact[0], source[0], log_id] for fact in numbered],
        }

    def _change(self, operation: str, removed: Rows, added: Rows) -> None:
        apply(self._connection, removed, added, self._embedder)
        at = self._clock().isoformat(timespec="seconds")
        row = (next_id(self._connection, "log"), operation, at, written(removed), written(added))
        self._connection.execute("INSERT INTO log VALUES (?, ?, ?, ?, ?, 0)", row)


def _scope_of(subject: Subject, known: KnownProperty, scope: str | None) -> str:
    return (subject.scope or known.scope) if scope is None else scope


def _days(valid: Validity) -> list[str]:
    return [f"valid: {valid.text()}"] if valid != ALWAYS else []
