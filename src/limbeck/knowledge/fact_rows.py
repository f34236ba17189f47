"""Facts as one writes them down: each with its names in both languages, its unit, its days, and where it stands."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from limbeck.corpus.schema import Property
from limbeck.knowledge.evidence import Citation, Label
from limbeck.knowledge.rendering import Rendering
from limbeck.knowledge.validity import Validity
from limbeck.knowledge.value_subjects import ValueSubjects


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectRow:
    """A subject: its labels, its other names, and what kind of thing it is; numbered among those that are seen."""

    id: int
    label: Label
    kind: Label
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRow:
    """A fact at one place it stands at; `shown` is the value with its unit, `named` the subjects that it names.

    Facts are numbered among those that are seen, so that no number tells of others.
    """

    fact_id: int
    subject: SubjectRow
    property: Property
    rendering: Rendering
    value: Label
    unit: Label
    shown: Label
    valid: Validity
    citation: Citation
    named: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactTable:
    """Every subject, and every fact once for each place it stands at, by subject, property and position."""

    subjects: tuple[SubjectRow, ...]
    facts: tuple[FactRow, ...]


def read_table(connection: sqlite3.Connection) -> FactTable:
    """Read all subjects and facts of a base."""
    subjects = dict(_subjects(connection))
    return FactTable(subjects=tuple(subjects.values()), facts=tuple(_facts(connection, subjects)))


def _facts(connection: sqlite3.Connection, subjects: Mapping[int, SubjectRow]) -> Iterator[FactRow]:
    known = {
        number: (Property.from_json(json.loads(body)), Rendering.from_json(json.loads(rendering)))
        for number, body, rendering in connection.execute("SELECT id, body, rendering FROM property")
    }
    links = ValueSubjects(connection)
    seen: dict[int, int] = {}
    query = """SELECT fact.id, entity_id, property_id, en, zh, valid_from, valid_until, source.name, fact_source.row
        FROM fact JOIN fact_source ON fact_source.fact_id = fact.id JOIN source ON source.id = fact_source.source_id
        ORDER BY entity_id, property_id, position, source.id, fact_source.row"""
    for fact_id, entity_id, property_id, en, zh, start, end, source, row in connection.execute(query).fetchall():
        shown = Label(en=en, zh=zh)
        rendering = known[property_id][1]
        value, unit = rendering.without_unit(shown)
        yield FactRow(
            fact_id=seen.setdefault(fact_id, len(seen) + 1),
            subject=subjects[entity_id],
            property=known[property_id][0],
            rendering=rendering,
            value=value,
            unit=unit,
            shown=shown,
            valid=Validity(start=start, end=end),
            citation=Citation(source=source, row=row),
            named=tuple(subjects[each].id for each in links.of(shown)),
        )


def _subjects(connection: sqlite3.Connection) -> Iterator[tuple[int, SubjectRow]]:
    names: dict[int, list[str]] = {}
    for entity_id, name in connection.execute("SELECT entity_id, name FROM alias ORDER BY entity_id, norm, source_id"):
        names.setdefault(entity_id, []).append(name)
    rows = connection.execute("SELECT id, en, zh, kind_en, kind_zh FROM entity ORDER BY id")
    for number, (entity_id, en, zh, *kind) in enumerate(rows, start=1):
        aliases = tuple(name for name in dict.fromkeys(names.get(entity_id, ())) if name not in (en, zh))
        label, kind_label = Label(en=en, zh=zh), Label(en=kind[0], zh=kind[1])
        yield entity_id, SubjectRow(id=number, label=label, kind=kind_label, aliases=aliases)
