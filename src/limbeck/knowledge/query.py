"""Exact paths through the facts, forwards and backwards, each value with the rows that prove how it was reached."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import final

from limbeck.core.errors import KnowledgeError
from limbeck.knowledge.evidence import Citation, Label, name_of
from limbeck.knowledge.naming import KnownProperty, Names, nearest
from limbeck.knowledge.path import Path, Step
from limbeck.knowledge.text import key, name_key
from limbeck.knowledge.value_subjects import ValueSubjects


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One fact along a path, with every row that states it; taken from the value to the subject if `is_inverse`."""

    subject: Label
    property: Label
    property_id: str
    value: Label
    is_inverse: bool
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a path leads to, and the facts that lead there."""

    value: Label
    hops: tuple[Hop, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Everything a path leads to, once each; `ends` are values before its last step that are no subject."""

    values: tuple[Finding, ...]
    ends: tuple[Label, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a path has come to: a subject, or a value that is none."""

    label: Label
    entity_id: int | None = None


def follow(connection: sqlite3.Connection, path: Path) -> Findings:
    """Follow a path from its start; a place that is reached in several ways is told with the first.

    Raises: KnowledgeError: an unknown subject, value or property, with the nearest.
    """
    graph = _Graph(connection)
    reached: dict[_Place, tuple[Hop, ...]] = {}
    ends: dict[Label, None] = {}
    for number, step in enumerate(path.steps):
        known = graph.names.properties(step.property)
        if number == 0:
            reached = {graph.start(path.start, step, known): ()}
        following: dict[_Place, tuple[Hop, ...]] = {}
        for place, hops in reached.items():
            if not step.is_inverse and place.entity_id is None:
                ends[place.label] = None
            for hop, target in graph.step(place, known, is_inverse=step.is_inverse):
                following.setdefault(target, (*hops, hop))
        reached = following
    found = tuple(Finding(value=place.label, hops=hops) for place, hops in reached.items())
    return Findings(values=found, ends=tuple(ends))


@final
class _Graph:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.names = Names(connection)
        self._subjects = ValueSubjects(connection)

    def start(self, name: str, step: Step, known: Sequence[KnownProperty]) -> _Place:
        """Return where a path begins: a subject, or backwards also a value of the first property."""
        subjects = self.names.subjects(name)
        if subjects or not step.is_inverse:
            subject = self.names.subject(name)
            return _Place(label=subject.label, entity_id=subject.id)
        place = _Place(label=Label(en=name, zh=name))
        if not any(self._having(place, each) for each in known):
            raise KnowledgeError(f"nothing has the {step.property} {name!r}", fix=nearest(name, self._values(known)))
        return place

    def step(self, place: _Place, known: Sequence[KnownProperty], *, is_inverse: bool) -> Iterator[tuple[Hop, _Place]]:
        """Yield the facts that lead on from a place, and where each leads."""
        for each in known:
            rows = self._having(place, each) if is_inverse else self._said(place, each)
            for fact_id, entity_id, subject, value in rows:
                hop = self._hop(fact_id, subject, each, value, is_inverse=is_inverse)
                if is_inverse:
                    yield hop, _Place(label=subject, entity_id=entity_id)
                    continue
                named = self._subjects.of(value)
                for target in named or (None,):
                    yield hop, _Place(label=self._label(target) if target else value, entity_id=target)

    def _said(self, place: _Place, known: KnownProperty) -> list[tuple[int, int, Label, Label]]:
        clause = "fact.entity_id = ? AND property_id = ? ORDER BY position"
        return self._facts(clause, (place.entity_id, known.id)) if place.entity_id is not None else []

    def _having(self, place: _Place, known: KnownProperty) -> list[tuple[int, int, Label, Label]]:
        found = []
        for side, names in (("norm_en", place.label.en), ("norm_zh", place.label.zh)):
            norms = sorted({key(names), name_key(names), f"the {name_key(names)}"} - {""})
            clause = f"{side} IN ({', '.join('?' * len(norms))}) AND property_id = ?"
            found += self._facts(clause, (*norms, known.id))
        seen = sorted(set(found))
        if place.entity_id is None:
            return seen
        return [row for row in seen if place.entity_id in self._subjects.of(row[3])]

    def _facts(self, clause: str, values: Iterable[object]) -> list[tuple[int, int, Label, Label]]:
        query = f"""SELECT fact.id, entity_id, entity.en, entity.zh, fact.en, fact.zh
            FROM fact JOIN entity ON entity.id = entity_id WHERE {clause}"""
        return [
            (number, entity_id, Label(en=names[0], zh=names[1]), Label(en=names[2], zh=names[3]))
            for number, entity_id, *names in self._connection.execute(query, tuple(values))
        ]

    def _hop(self, fact_id: int, subject: Label, known: KnownProperty, value: Label, *, is_inverse: bool) -> Hop:
        query = """SELECT name, row FROM fact_source JOIN source ON source.id = source_id
            WHERE fact_id = ? ORDER BY source_id, row"""
        places = self._connection.execute(query, (fact_id,))
        return Hop(
            subject=subject,
            property=name_of(known.property),
            property_id=known.property.id,
            value=value,
            is_inverse=is_inverse,
            citations=tuple(Citation(source=source, row=row) for source, row in places),
        )

    def _label(self, entity_id: int) -> Label:
        en, zh = self._connection.execute("SELECT en, zh FROM entity WHERE id = ?", (entity_id,)).fetchone()
        return Label(en=en, zh=zh)

    def _values(self, known: Sequence[KnownProperty]) -> list[str]:
        query = "SELECT DISTINCT en, zh FROM fact WHERE property_id = ?"
        return [name for each in known for pair in self._connection.execute(query, (each.id,)) for name in pair]
