"""Facts as RDF triples, whichever way they are written down.

Each fact is told twice: as a triple from subject to value, for graphs, and as a node of its own with its rows, for
proof. A value that names a subject is that subject; any other is a text, in both languages where they differ.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final
from urllib.parse import quote

from limbeck.corpus.language import LANGUAGES
from limbeck.knowledge.evidence import Label
from limbeck.knowledge.fact_rows import FactRow, FactTable, SubjectRow

PREFIXES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "prov": "http://www.w3.org/ns/prov#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "subject": "urn:limbeck:subject/",
    "property": "urn:limbeck:property/",
    "kind": "urn:limbeck:kind/",
    "fact": "urn:limbeck:fact/",
    "row": "urn:limbeck:row/",
    "limbeck": "urn:limbeck:term/",
}
"""What the names of things begin with."""


@dataclass(frozen=True, slots=True)
class Name:
    """A thing: a prefix of `PREFIXES`, and what follows it with every odd character percent-encoded."""

    prefix: str
    local: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text, with its language or the name of its datatype."""

    text: str
    language: str = ""
    datatype: Name | None = None


Triple = tuple[Name, Name, Name | Text]
TYPE, LABEL = Name("rdf", "type"), Name("rdfs", "label")
_ALIAS, _DERIVED = Name("skos", "altLabel"), Name("prov", "wasDerivedFrom")
_DATE, _INTEGER = Name("xsd", "date"), Name("xsd", "integer")


def triples_of(table: FactTable) -> Iterator[Triple]:
    """Yield every triple, each once: properties, then subjects each with their facts."""
    yield from dict.fromkeys(_all(table))


def _all(table: FactTable) -> Iterator[Triple]:
    names = _Names(table)
    for known in {fact.property.id: fact.property for fact in table.facts}.values():
        yield names.property(known.id), TYPE, Name("rdf", "Property")
        for side in LANGUAGES:
            for label in dict.fromkeys(known.labels[side]):
                yield names.property(known.id), LABEL, Text(label, side)
    facts: dict[int, list[FactRow]] = {}
    for fact in table.facts:
        facts.setdefault(fact.subject.id, []).append(fact)
    for subject in table.subjects:
        yield from _subject(subject, names)
        for fact in facts.get(subject.id, ()):
            yield from _fact(fact, names)


def _subject(subject: SubjectRow, names: "_Names") -> Iterator[Triple]:
    name = names.subject(subject.id)
    if subject.kind.en:
        kind = Name("kind", encoded(subject.kind.en))
        yield name, TYPE, kind
        for text in _texts(subject.kind):
            yield kind, LABEL, text
    for text in _texts(subject.label):
        yield name, LABEL, text
    for alias in subject.aliases:
        yield name, _ALIAS, Text(alias)


def _fact(fact: FactRow, names: "_Names") -> Iterator[Triple]:
    subject, known = names.subject(fact.subject.id), names.property(fact.property.id)
    node = Name("fact", str(fact.fact_id))
    values = _texts(fact.shown)
    for value in [names.subject(number) for number in fact.named] or values:
        yield subject, known, value
    yield node, TYPE, Name("limbeck", "Fact")
    yield node, Name("limbeck", "subject"), subject
    yield node, Name("limbeck", "property"), known
    for value in values:
        yield node, Name("limbeck", "value"), value
    for term, day in (("validFrom", fact.valid.start), ("validUntil", fact.valid.end)):
        if day:
            yield node, Name("limbeck", term), Text(day, datatype=_DATE)
    row = Name("row", encoded(f"{fact.citation.source}:{fact.citation.row}"))
    yield node, _DERIVED, row
    yield row, Name("limbeck", "source"), Text(fact.citation.source)
    yield row, Name("limbeck", "number"), Text(str(fact.citation.row), datatype=_INTEGER)


def _texts(label: Label) -> list[Text]:
    if label.en == label.zh:
        return [Text(label.en)]
    return [Text(label.get(side), side) for side in LANGUAGES]


def encoded(name: str) -> str:
    """Percent-encode all but letters, digits, underscores and inner hyphens, so that every syntax takes it."""
    plain = quote(name, safe="").replace(".", "%2E").replace("~", "%7E")
    return f"%2D{plain[1:]}" if plain.startswith("-") else plain


@final
class _Names:
    """Name subjects by their English label, and properties by their id; a second of the same name gets its number."""

    def __init__(self, table: FactTable) -> None:
        taken: dict[str, int] = {}
        self._subjects: dict[int, Name] = {}
        for subject in table.subjects:
            local = encoded(subject.label.en)
            taken[local] = taken.get(local, 0) + 1
            self._subjects[subject.id] = Name("subject", local if taken[local] == 1 else f"{local}%20{taken[local]}")

    def subject(self, number: int) -> Name:
        """Return the name of a subject."""
        return self._subjects[number]

    def property(self, name: str) -> Name:
        """Return the name of a property."""
        return Name("property", encoded(name))
