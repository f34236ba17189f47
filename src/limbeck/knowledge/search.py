"""From a question to numbered evidence: exact names first, then words.

Subjects and properties are looked up by name; what the question leaves out is carried from
earlier turns; passages, and facts where no subject is known, are ranked by BM25 and coverage.
"""

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING

from limbeck.corpus.language import language_of
from limbeck.corpus.ways_to_ask import SUBJECT
from limbeck.knowledge.evidence import Evidence, Link, Match
from limbeck.knowledge.linking import Linker, Parts
from limbeck.knowledge.passages import PassageSearch
from limbeck.knowledge.ranking import Ranker, coverage, fuse
from limbeck.knowledge.reading import MAX_CHARS, QuestionReader, Reading
from limbeck.knowledge.sought import Sought
from limbeck.knowledge.statements import Statement, Statements
from limbeck.knowledge.text import content_of, key, replaced, words
from limbeck.knowledge.write import statement_of

if TYPE_CHECKING:
    from limbeck.knowledge.embedder import Embedder
    from limbeck.knowledge.intents import Intents, Score

_MAX_TURNS = 8
_INVERSE_ROWS, _FEW = 5, 2
_SEARCHED_FACTS = 3
_PASSAGES = 2
_PASSAGES_ALONE = 4
_HALF = 0.5
_FACTS_OF_ONE, _FACTS_OF_EACH = 4, 3
_PLAIN, _NOT_NOTHING = (1.0, 1.0), 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A question with what it leaves out filled in from earlier turns."""

    reading: Reading
    entities: tuple[int, ...]
    link: Link
    properties: tuple[int, ...]
    match: Match
    intents: "Mapping[int, Score]"
    sought: Sought
    names_kind: bool

    def is_told(self, property_id: int) -> bool:
        """Tell whether the question states a value of a property."""
        return any(row.property_id == property_id for row in self.reading.told.values())


class Searcher:
    """Search one knowledge base, by vectors too where it holds some."""

    def __init__(self, connection: sqlite3.Connection, embedder: "Embedder | None" = None, *, scope: str = "") -> None:
        self._connection = connection
        self._linker = Linker(connection)
        self._ranker = Ranker(connection)
        self._statements = Statements(connection)
        self._reader = QuestionReader(self._linker, self._statements)
        self._passages = PassageSearch(connection, self._ranker, embedder, scope=scope)
        self._embedder = embedder
        self._scope = scope

    def search(self, question: str, history: Sequence[str], limit: int) -> tuple[Evidence, ...]:
        """Find evidence, at most `limit` rows: facts, then passages."""
        asked = self._ask(question, history)
        if asked.entities:
            passages = self._passages.search(asked.sought, _PASSAGES)
            facts = self._named_facts(asked)
        else:
            passages = self._passages.search(asked.sought, _PASSAGES_ALONE)
            least = _HALF * max((row.fit for row in passages), default=0.0)
            facts = (row for row in self._searched_facts(asked) if row.fit >= least)
        kept = max(limit - _PASSAGES, limit - len(passages), min(1, limit))
        rows = [*islice(_unique(chain(self._inverse(asked), facts)), kept), *passages]
        return tuple(rows[: max(limit, 0)])

    def _ask(self, question: str, history: Sequence[str]) -> _Asked:
        text, history = question[:MAX_CHARS], history[-_MAX_TURNS:]
        turns = [self._reader.read(turn) for turn in history]
        reading = self._reader.read(question)
        names_kind = self._statements.names_a_kind(text)
        if names_kind:
            reading = self._reader.outside_values(reading, self._statements.property_ids)
        entities, link = (reading.entities, "named") if reading.entities else (self._carried(history, turns), "carried")
        reading = self._reader.told(reading, entities)
        entities = reading.entities or entities
        properties, match = (reading.properties, "named")
        if reading.entities and not properties and _says_no_more(reading):
            carried = next((turn.properties for turn in reversed(turns) if turn.properties), ())
            properties, match = carried, "carried"
        return _Asked(
            reading=reading,
            entities=entities,
            link=link,  # type: ignore[arg-type]
            properties=properties,
            match=match,  # type: ignore[arg-type]
            intents=self._intents_of(text, reading),
            sought=Sought(
                question=text,
                language=language_of(text),
                content=reading.content,
                weights=self._ranker.weights(reading.content),
            ),
            names_kind=names_kind,
        )

    @cached_property
    def _intents(self) -> "Intents | None":
        """Return what tells which property is asked for, read when the first question comes."""
        from limbeck.knowledge.intent_rows import read_intents

        return read_intents(self._connection, self._scope, "fact")

    def _intents_of(self, question: str, reading: Reading) -> "Mapping[int, Score]":
        """Score the properties by the question without its subjects, and with values named by what they are."""
        if self._intents is None:
            return {}
        language = language_of(question)
        names = {(mention.start, mention.stop): SUBJECT[language] for mention in reading.subjects}
        told = {place: row.property.get(language) for place, row in reading.told.items()}
        text = replaced(question, {**names, **told})
        return self._intents.scores(text, self._embedder.vector(text) if self._embedder else None)

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
        count = _FACTS_OF_ONE if len(asked.entities) == 1 else _FACTS_OF_EACH
        columns = [
            sorted(
                self._statements.of(entity),
                key=lambda row: (order.get(row.property_id, len(order)), -asked.intents[row.property_id].fit),
            )[: max(count, len(order))]
            for entity in asked.entities
        ]
        for row in chain.from_iterable(zip_longest(*columns)):
            if row is not None:
                match = asked.match if row.property_id in order else "none"
                score = asked.intents[row.property_id]
                is_plain = match == "named" and _says_no_more(asked.reading) and score.lead > _NOT_NOTHING
                fit, lead = _PLAIN if is_plain else score
                yield _fact(row, asked.link, match, fit, lead, is_told=asked.is_told(row.property_id))

    def _searched_facts(self, asked: _Asked) -> Iterator[Evidence]:
        """Yield facts whose subject or value shares words with the question; a property's name alone finds none."""
        ranked = self._ranker.best("fact_words", asked.reading.content)
        exact = [rowid for rowid in ranked if statement_of(rowid)[1] in asked.properties]
        rest = content_of([unit for unit in asked.reading.rest if unit])
        rows = (self._statement(*statement_of(rowid)) for rowid in fuse([ranked, exact]))
        for row in islice((row for row in rows if _is_told_of(row, rest)), _SEARCHED_FACTS):
            match: Match = "named" if row.property_id in asked.properties else "none"
            found = row.words.union(words(f"{row.value.en}\n{row.value.zh}"))
            of_value = not set(words(f"{row.value.en}\n{row.value.zh}")).isdisjoint(rest)
            yield _fact(row, "searched", match, coverage(asked.sought.weights, found), float(of_value))

    def _inverse(self, asked: _Asked) -> Iterator[Evidence]:
        """Yield facts whose value is named where no subject is: with its property, or with the kind of subject."""
        known = asked.reading.properties
        wanted = known or (self._statements.property_ids if asked.names_kind else ())
        if asked.reading.entities or not wanted:
            return
        pairs = self._pairs(asked.reading.rest, wanted) or self._by_last_word(asked.reading, wanted)
        if not known and len(pairs) > _FEW:
            return
        for entity_id, property_id in pairs[:_INVERSE_ROWS]:
            yield _fact(self._statement(entity_id, property_id), "searched", "named", 1.0, 1.0)

    def _pairs(self, parts: Parts, property_ids: Collection[int]) -> list[tuple[int, int]]:
        """Return each subject and property whose value is named."""
        return list(dict.fromkeys(pair for found in self._linker.values(parts, property_ids) for pair in found.pairs))

    def _by_last_word(self, reading: Reading, property_ids: Collection[int]) -> list[tuple[int, int]]:
        """Return the few that have a value named by its last word, as people say kyat of a Burmese kyat."""
        said = tuple(f" {unit.text}" for unit in reading.rest if unit and not unit.han)
        ranked = self._ranker.best("fact_words", reading.content) if said else []
        rows = [self._statement(*statement_of(rowid)) for rowid in ranked]
        rows = [row for row in rows if row.property_id in property_ids]
        found = [row for row in rows if any(name.endswith(said) for name in row.value_keys)]
        return [(row.entity_id, row.property_id) for row in found] if len(found) <= _FEW else []

    def _statement(self, entity_id: int, property_id: int) -> Statement:
        return next(row for row in self._statements.of(entity_id) if row.property_id == property_id)


def _says_no_more(reading: Reading) -> bool:
    """Tell whether a question has no word of content beside what it names."""
    return not content_of([unit for unit in reading.rest if unit])


def _is_told_of(row: Statement, rest: Sequence[str]) -> bool:
    """Tell whether what the question says beside properties stands in a row's subject or value."""
    names = "\n".join((row.subject.en, row.subject.zh, row.value.en, row.value.zh))
    return not set(words(names)).isdisjoint(rest)


def _fact(row: Statement, link: Link, match: Match, fit: float, lead: float, *, is_told: bool = False) -> Evidence:
    return Evidence(
        kind="fact",
        subject=row.subject,
        property=row.property,
        property_id=row.property_name,
        value=row.value,
        link=link,
        match=match,
        fit=fit,
        lead=lead,
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
