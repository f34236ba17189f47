"""Facts as they are shown: every value of one subject and property in one row."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from limbeck.corpus.schema import Property
from limbeck.knowledge.evidence import Citation, Label, name_of
from limbeck.knowledge.text import key, words

_MOST_HELD = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What the base says of one subject and property.

    `value_keys` are its values in normal form, `words` those that find it.
    """

    entity_id: int
    property_id: int
    property_name: str
    subject: Label
    property: Label
    value: Label
    value_keys: frozenset[str]
    citation: Citation
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Known:
    name: str
    label: Label
    words: frozenset[str]


class Statements:
    """Read statements of one knowledge base as it stands; properties are held in memory, and the subjects asked for."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known: dict[int, list[Statement]] = {}
        rows = connection.execute("SELECT id, body FROM property")
        properties = {number: Property.from_json(json.loads(body)) for number, body in rows}
        self._properties = {number: _known(known) for number, known in properties.items()}
        self.property_ids = tuple(properties)
        kinds = connection.execute("SELECT DISTINCT kind_en, kind_zh FROM entity").fetchall()
        self._kinds = tuple({kind.casefold() for pair in kinds for kind in pair if kind})

    def names_a_kind(self, question: str) -> bool:
        """Tell whether a question names what kind of subject it is after, such as a country."""
        folded = question.casefold()
        return any(kind in folded for kind in self._kinds)

    def of(self, entity_id: int) -> list[Statement]:
        """Return everything known of a subject, in the order of the schema."""
        if entity_id not in self._known:
            if len(self._known) >= _MOST_HELD:
                self._known.clear()
            self._known[entity_id] = self._read(entity_id)
        return self._known[entity_id]

    def _read(self, entity_id: int) -> list[Statement]:
        query = """SELECT fact.property_id, fact.position, fact.en, fact.zh, source.name, fact_source.row FROM fact
            JOIN fact_source ON fact_source.fact_id = fact.id JOIN source ON source.id = fact_source.source_id
            WHERE fact.entity_id = ? ORDER BY fact.property_id, fact.position, source.id, fact_source.row"""
        grouped: dict[int, dict[int, tuple[str, str, Citation]]] = {}
        for property_id, position, en, zh, source, row in self._connection.execute(query, (entity_id,)):
            grouped.setdefault(property_id, {}).setdefault(position, (en, zh, Citation(source=source, row=row)))
        if not grouped:
            return []
        subject, names = self._subject(entity_id)
        return [
            self._statement(entity_id, property_id, subject, names, list(values.values()))
            for property_id, values in grouped.items()
        ]

    def _subject(self, entity_id: int) -> tuple[Label, frozenset[str]]:
        en, zh = self._connection.execute("SELECT en, zh FROM entity WHERE id = ?", (entity_id,)).fetchone()
        aliases = self._connection.execute("SELECT name FROM alias WHERE entity_id = ?", (entity_id,))
        return Label(en=en, zh=zh), frozenset(words("\n".join([en, zh, *(name for (name,) in aliases)])))

    def _statement(
        self,
        entity_id: int,
        property_id: int,
        subject: Label,
        names: frozenset[str],
        values: Sequence[tuple[str, str, Citation]],
    ) -> Statement:
        known = self._properties[property_id]
        english, chinese = [value[0] for value in values], [value[1] for value in values]
        return Statement(
            entity_id=entity_id,
            property_id=property_id,
            property_name=known.name,
            subject=subject,
            property=known.label,
            value=Label(en=_listed(english), zh="、".join(chinese)),
            value_keys=frozenset(key(value) for value in (*english, *chinese)),
            citation=values[0][2],
            words=names | known.words,
        )


def _known(known: Property) -> _Known:
    labels = "\n".join(label for labels in known.labels.values() for label in labels)
    return _Known(known.id, name_of(known), frozenset(words(labels)))


def _listed(values: Sequence[str]) -> str:
    return " and ".join([", ".join(values[:-1]), values[-1]]) if len(values) > 1 else values[0]
