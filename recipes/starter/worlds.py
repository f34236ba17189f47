"""Invented worlds to read in: a knowledge base in memory, with tables of the bank's relations and some of its pages.

Subjects and values are made up, so only reading helps. In half of the worlds search knows some wordings of each
property, as from a full mapping; in the others it knows no more than labels, as from a plain table.
"""

import random
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bank import Domain, Page, Relation
from names import Inventor

from limbeck.corpus.language import LANGUAGES
from limbeck.corpus.schema import Names, Property
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.embedder import shipped
from limbeck.knowledge.evidence import Label
from limbeck.knowledge.gather import Gathered
from limbeck.knowledge.rendering import Rendering, Value
from limbeck.knowledge.source import ChunkRead, FileRead, PropertyRead, RowRead, Source
from limbeck.knowledge.write import write_all

_ROOT = Path("/world")
_TWO_TABLES, _CLUES, _PLAIN_ANSWERS = 0.2, 0.5, 0.5
_ASKED = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of one domain: which relations it has, which it lacks, and its subjects."""

    domain: Domain
    present: tuple[Relation, ...]
    absent: tuple[Relation, ...]
    subjects: tuple[Names, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Tables and pages, and the knowledge base that holds them; `asked` are the wordings that are free to use."""

    tables: tuple[Table, ...]
    pages: Mapping[str, Page]
    base: KnowledgeBase
    answers: Mapping[str, Mapping[str, str]]
    asked: Mapping[str, Mapping[str, tuple[str, ...]]]
    inventor: Inventor


def invent(domains: Sequence[Domain], pages: Sequence[Page], rng: random.Random) -> World:
    """Make up a world from some of these domains and pages."""
    inventor = Inventor(rng)
    chosen = rng.sample(domains, 2 if rng.random() < _TWO_TABLES else 1)
    tables = tuple(_table(domain, inventor, rng) for domain in chosen)
    clues = rng.random() < _CLUES
    gathered = Gathered()
    answers: dict[str, Mapping[str, str]] = {}
    asked: dict[str, Mapping[str, tuple[str, ...]]] = {}
    for table in tables:
        known = [_known(relation, table.domain, clues=clues, rng=rng) for relation in table.present]
        _fill(gathered, table, [each.without_fold(_ASKED) for each in known], inventor)
        answers |= {each.id: each.answer for each in known}
        for relation, each in zip(table.present, known, strict=True):
            own = relation.property
            asked[each.id] = {side: each.in_fold(side, _ASKED) if clues else own.questions[side] for side in LANGUAGES}
    read = {f"page-{number}.{page.language}.md": page for number, page in enumerate(_some(pages, rng))}
    for name, page in read.items():
        _add_page(gathered, name, page)
    return World(tables=tables, pages=read, base=_base(gathered), answers=answers, asked=asked, inventor=inventor)


def property_id(domain: Domain, relation: Relation) -> str:
    """Return the id of a relation in a world, where two tables may share a word."""
    return f"{domain.name}.{relation.property.id}"


def _some(pages: Sequence[Page], rng: random.Random) -> list[Page]:
    return rng.sample(pages, min(len(pages), rng.randrange(6, 24)))


def _table(domain: Domain, inventor: Inventor, rng: random.Random) -> Table:
    relations = list(domain.relations)
    rng.shuffle(relations)
    kept = len(relations) if rng.random() < 0.2 else rng.randrange(4, len(relations))
    subjects: dict[str, Names] = {}
    while len(subjects) < rng.randrange(8, 30):
        name = inventor.person() if domain.name in _PERSONS else inventor.subject(domain.kind)
        subjects.setdefault(name[0], name)
    return Table(
        domain=domain,
        present=tuple(relations[:kept]),
        absent=tuple(relations[kept:]),
        subjects=tuple(subjects.values()),
    )


_PERSONS = frozenset({"employees", "customers", "musicians", "painters", "athletes", "doctors", "emperors"})


def _known(relation: Relation, domain: Domain, *, clues: bool, rng: random.Random) -> Property:
    own = relation.property
    names = {side: rng.sample(labels, len(labels)) for side, labels in own.labels.items()}
    shown = {side: tuple(each[: 1 if not clues else None]) for side, each in names.items()}
    answer = own.answer
    if not clues and rng.random() < _PLAIN_ANSWERS:
        answer = {
            "en": f"The {shown['en'][0]} of {{subject}} is {{value}}.",
            "zh": f"{{subject}}的{shown['zh'][0]}是{{value}}。",
        }
    questions = {side: tuple(rng.sample(lines, len(lines))) for side, lines in own.questions.items()} if clues else {}
    return replace(own, id=property_id(domain, relation), labels=shown, answer=answer, questions=questions)


def _fill(gathered: Gathered, table: Table, known: Sequence[Property], inventor: Inventor) -> None:
    source = Source(kind="table", location=_ROOT / f"{table.domain.name}.csv", root=_ROOT)
    gathered.add(FileRead(path=source.location, digest=""), source)
    for each in known:
        gathered.add(PropertyRead(property=each, rendering=Rendering()), source)
    kind = Label(en=table.domain.kind[0], zh=table.domain.kind[1])
    for number, (en, zh) in enumerate(table.subjects, start=1):
        values = {}
        for relation, each in zip(table.present, known, strict=True):
            shown = Label(**dict(zip(LANGUAGES, inventor.value(relation.values), strict=True)))
            values[each.id] = (Value(shown=shown, bare=shown, paired=True),)
        row = RowRead(number=number, text="", subject=Label(en=en, zh=zh), kind=kind, aliases=(), values=values)
        gathered.add(row, source)


def _add_page(gathered: Gathered, name: str, page: Page) -> None:
    source = Source(kind="markdown", location=_ROOT / name, root=_ROOT)
    gathered.add(FileRead(path=source.location, digest=""), source)
    start = 0
    for section in page.sections:
        stop = start + len(section.text)
        chunk = ChunkRead(
            start=start, stop=stop, language=page.language, title=page.title, heading=section.heading, text=section.text
        )
        gathered.add(chunk, source)
        start = stop + 1


def _base(gathered: Gathered) -> KnowledgeBase:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    embedder = shipped()
    write_all(connection, gathered, embedder)
    return KnowledgeBase(connection, embedder=embedder)
