"""From a question to numbered evidence: exact names first, then words.

Subjects and properties are looked up by name; what the question leaves out is carried from
earlier turns; passages, and facts where no subject is known, are ranked by BM25 and coverage.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING

from limbeck.corpus.language import language_of
from limbeck.knowledge.answer_kind import kinds_asked, tells
from limbeck.knowledge.evidence import Citation, Evidence, Label, Link, Match
from limbeck.knowledge.linking import Linker
from limbeck.knowledge.ranking import Ranker, coverage, fuse
from limbeck.knowledge.reading import MAX_CHARS, QuestionReader, Reading
from limbeck.knowledge.statements import Statement, Statements
from limbeck.knowledge.text import content_of, key, replaced, words
from limbeck.knowledge.topics import SUBJECT
from limbeck.knowledge.write import statement_of

if TYPE_CHECKING:
    from limbeck.knowledge.embedder import Embedder
    from limbeck.knowledge.likeness import Likeness

_MAX_TURNS = 8
_INVERSE_ROWS, _FEW = 5, 2
_SEARCHED_FACTS = 3
_PASSAGES = 2
_PASSAGES_ALONE = 4
_KIND_TOLD = 0.15
_HALF = 0.5
_FACTS_OF_ONE, _FACTS_OF_EACH = 6, 4
_BY_VECTORS = 1.0
_ALIKE, _LIKE = 24, 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A question with what it leaves out filled in from earlier turns."""

    reading: Reading
    entities: tuple[int, ...]
    link: Link
    properties: tuple[int, ...]
    match: Match
    weights: Mapping[str, float]
    language: str
    kinds: frozenset[str]
    question: str
    wordings: Mapping[int, float]
    passages: Mapping[int, float]

    def is_told(self, property_id: int) -> bool:
        """Tell whether the question states a value of a property."""
        return any(row.property_id == property_id for row in self.reading.told.values())


class Searcher:
    """Search one knowledge base, by vectors too where it holds some."""

    def __init__(self, connection: sqlite3.Connection, embedder: "Embedder | None" = None) -> None:
        self._connection = connection
        self._linker = Linker(connection)
        self._ranker = Ranker(connection)
        self._statements = Statements(connection)
        self._reader = QuestionReader(self._linker, self._statements)
        self._embedder = embedder

    def search(self, question: str, history: Sequence[str], limit: int) -> tuple[Evidence, ...]:
        """Find evidence, at most `limit` rows: facts, then passages."""
        asked = self._ask(question, history)
        if asked.entities:
            passages = self._passages(asked, _PASSAGES)
            facts = self._named_facts(asked)
        else:
            passages = self._passages(asked, _PASSAGES_ALONE)
            least = _HALF * max((row.fit() for row in passages), default=0.0)
            facts = (row for row in self._searched_facts(asked) if row.coverage >= least)
        kept = max(limit - _PASSAGES, limit - len(passages), min(1, limit))
        rows = [*islice(_unique(chain(self._inverse(asked), facts)), kept), *passages]
        return tuple(rows[: max(limit, 0)])

    def _ask(self, question: str, history: Sequence[str]) -> _Asked:
        history = history[-_MAX_TURNS:]
        turns = [self._reader.read(turn) for turn in history]
        reading = self._reader.read(question)
        entities, link = (reading.entities, "named") if reading.entities else (self._carried(history, turns), "carried")
        reading = self._reader.told(reading, entities)
        entities = reading.entities or entities
        properties, match = (reading.properties, "named")
        if reading.entities and not properties and not content_of([unit for unit in reading.rest if unit]):
            carried = next((turn.properties for turn in reversed(turns) if turn.properties), ())
            properties, match = carried, "carried"
        wordings, passages = self._alike(question[:MAX_CHARS], reading)
        return _Asked(
            reading=reading,
            entities=entities,
            link=link,  # type: ignore[arg-type]
            properties=properties,
            match=match,  # type: ignore[arg-type]
            weights=self._ranker.weights(reading.content),
            language=language_of(question[:MAX_CHARS]),
            kinds=kinds_asked(question[:MAX_CHARS]),
            question=question[:MAX_CHARS],
            wordings=wordings,
            passages=passages,
        )

    @cached_property
    def _likeness(self) -> "Likeness | None":
        """Return the vectors of the base, read when the first question comes."""
        if self._embedder is None:
            return None
        from limbeck.knowledge.likeness import Likeness

        return Likeness(self._connection, self._embedder)

    def _alike(self, question: str, reading: Reading) -> tuple[Mapping[int, float], Mapping[int, float]]:
        """Return how like the question is to the ways to ask for each property, and to each passage."""
        likeness = self._likeness
        if likeness is None:
            return {}, {}
        language = language_of(question)
        names = {(mention.start, mention.stop): SUBJECT[language] for mention in reading.subjects}
        told = {place: row.property.get(language) for place, row in reading.told.items()}
        return likeness.of_properties(replaced(question, {**names, **told})), likeness.of_passages(question)

    def _carried(self, history: Sequence[str], turns: Sequence[Reading]) -> tuple[int, ...]:
        """Return the subjects of the newest turn that names any.

        An answer may name others beside its subject, or in its place (neighbours, or a language
        called like its people): then the question before it tells what the talk is about.
        """
        newest = next((at for at in range(len(turns) - 1, -1, -1) if turns[at].entities), None)
        if not newest:
            return turns[0].entities if turns else ()
        entities, before = turns[newest].entities, turns[newest - 1].entities
        shared = tuple(each for each in entities if each in before)
        if not shared and self._is_value(history[newest], turns[newest], before):
            return before
        return shared or entities

    def _is_value(self, text: str, turn: Reading, subjects: Sequence[int]) -> bool:
        """Tell whether all names in a turn are no more than values of subjects spoken of before it."""
        if turn.properties or text.rstrip().endswith(("?", "？")):
            return False
        values = [
            value for each in subjects for row in self._statements.of(each) for value in (row.value.en, row.value.zh)
        ]
        known = [f" {key(value)} " for value in values]
        return all(any(f" {name} " in value for value in known) for name in turn.names)

    def _named_facts(self, asked: _Asked) -> Iterator[Evidence]:
        """Yield the facts of every subject in turn: those asked for, then those that fit the words best."""
        order = {property_id: place for place, property_id in enumerate(asked.properties)}
        fits = self._statements.topics.fits(asked.reading.topic)

        def fit(property_id: int) -> float:
            return fits[property_id] + _BY_VECTORS * asked.wordings.get(property_id, 0.0)

        count = _FACTS_OF_ONE if len(asked.entities) == 1 else _FACTS_OF_EACH
        columns = [
            sorted(
                self._statements.of(entity),
                key=lambda row: (order.get(row.property_id, len(order)), -fit(row.property_id)),
            )[: max(count, len(order))]
            for entity in asked.entities
        ]
        for row in chain.from_iterable(zip_longest(*columns)):
            if row is not None:
                match = asked.match if row.property_id in order else "none"
                is_told = asked.is_told(row.property_id)
                yield _fact(row, asked.link, match, fits[row.property_id], asked.wordings, is_told=is_told)

    def _searched_facts(self, asked: _Asked) -> Iterator[Evidence]:
        """Yield facts whose subject or value shares words with the question; a property's name alone finds none."""
        ranked = self._ranker.best("fact_words", asked.reading.content)
        exact = [rowid for rowid in ranked if statement_of(rowid)[1] in asked.properties]
        rest = content_of([unit for unit in asked.reading.rest if unit])
        rows = (self._statement(*statement_of(rowid)) for rowid in fuse([ranked, exact]))
        for row in islice((row for row in rows if _is_told_of(row, rest)), _SEARCHED_FACTS):
            match: Match = "named" if row.property_id in asked.properties else "none"
            found = row.words.union(words(f"{row.value.en}\n{row.value.zh}"))
            yield _fact(row, "searched", match, coverage(asked.weights, found), asked.wordings)

    def _inverse(self, asked: _Asked) -> Iterator[Evidence]:
        """Yield facts whose value is named where no subject is: with its property, or with the kind of subject."""
        if asked.reading.entities:
            return
        pairs = self._linker.values(asked.reading.rest, asked.reading.properties) if asked.reading.properties else []
        if not asked.reading.properties and self._statements.names_a_kind(asked.question):
            pairs = self._linker.values(asked.reading.rest, self._statements.property_ids)
            pairs = pairs if len(pairs) <= _FEW else []
        for entity_id, property_id in pairs[:_INVERSE_ROWS]:
            yield _fact(self._statement(entity_id, property_id), "searched", "named", 1.0, asked.wordings)

    def _statement(self, entity_id: int, property_id: int) -> Statement:
        return next(row for row in self._statements.of(entity_id) if row.property_id == property_id)

    def _passages(self, asked: _Asked, count: int) -> list[Evidence]:
        ranked = self._ranker.best("chunk_words", asked.reading.content)
        alike = sorted(asked.passages, key=lambda rowid: -asked.passages[rowid])[:_ALIKE]
        alike = [rowid for rowid in alike if asked.passages[rowid] >= _LIKE]
        if len(ranked) < count:
            near = self._ranker.nearest("chunk_words", asked.reading.content)
            ranked += [rowid for rowid in near if rowid not in ranked]
        found = {rowid: self._passage(rowid, asked) for rowid in dict.fromkeys((*ranked, *alike))}
        best = sorted(fuse([ranked, alike]), key=lambda rowid: -found[rowid][0].fit())
        best.sort(key=lambda rowid: found[rowid][1] != asked.language)
        return [found[rowid][0] for rowid in best[:count]]

    def _passage(self, rowid: int, asked: _Asked) -> tuple[Evidence, str]:
        query = """SELECT source.name, start, stop, language, title, heading, text FROM chunk
            JOIN source ON source.id = chunk.source_id WHERE chunk.id = ?"""
        source, start, stop, language, title, heading, text = self._connection.execute(query, (rowid,)).fetchone()
        covered = coverage(asked.weights, frozenset(words("\n".join((title, heading, text)))))
        evidence = Evidence(
            kind="passage",
            subject=Label(en=title, zh=title),
            property=Label(en=heading, zh=heading),
            property_id="",
            value=Label(en=text, zh=text),
            link="searched",
            match="none",
            coverage=min(1.0, covered + _KIND_TOLD * tells(f"{heading}\n{text}", asked.kinds)),
            likeness=max(0.0, asked.passages.get(rowid, 0.0)),
            citation=Citation(source=source, span=(start, stop)),
        )
        return evidence, language


def _is_told_of(row: Statement, rest: Sequence[str]) -> bool:
    """Tell whether what the question says beside properties stands in a row's subject or value."""
    names = "\n".join((row.subject.en, row.subject.zh, row.value.en, row.value.zh))
    return not set(words(names)).isdisjoint(rest)


def _fact(
    row: Statement, link: Link, match: Match, covered: float, wordings: Mapping[int, float], *, is_told: bool = False
) -> Evidence:
    return Evidence(
        kind="fact",
        subject=row.subject,
        property=row.property,
        property_id=row.property_name,
        value=row.value,
        link=link,
        match=match,
        coverage=covered,
        likeness=max(0.0, wordings.get(row.property_id, 0.0)),
        is_told=is_told,
        citation=row.citation,
    )


def _unique(rows: Iterator[Evidence]) -> Iterator[Evidence]:
    seen = set()
    for row in rows:
        place = (row.subject, row.property_id)
        if place not in seen:
            seen.add(place)
            yield row
