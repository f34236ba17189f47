"""Passages that may answer a question: found by words and by vectors, then weighed one by one."""

import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, final

from limbeck.knowledge.answer_kind import kinds_asked, leaves_open, tells
from limbeck.knowledge.evidence import Citation, Evidence, Label
from limbeck.knowledge.ranking import Ranker, characters_of, coverage, fuse
from limbeck.knowledge.sought import Shares, Sought
from limbeck.knowledge.text import words

if TYPE_CHECKING:
    from limbeck.knowledge.embedder import Embedder
    from limbeck.knowledge.intents import Intents, Score
    from limbeck.knowledge.likeness import Likeness
    from limbeck.knowledge.passage_fit import PassageReader

_ALIKE, _LIKE = 24, 0.4
_WEIGHED = 8
_LEAST_ASKED = 0.1
_KIND_TOLD = 0.15
_MOST_KEPT = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class _Passage:
    title: str
    heading: str
    text: str
    language: str
    citation: Citation
    words: Collection[str]
    characters: Collection[str]


@final
class PassageSearch:
    """Search the passages of one knowledge base as it stands; those found are kept in memory."""

    def __init__(
        self, connection: sqlite3.Connection, ranker: Ranker, embedder: "Embedder | None", *, scope: str
    ) -> None:
        self._connection = connection
        self._scope = scope
        self._ranker = ranker
        self._embedder = embedder
        self._kept: dict[int, _Passage] = {}

    def search(self, sought: Sought, count: int) -> list[Evidence]:
        """Return the passages that answer likeliest, those in the language of the question first."""
        cosines = self._likeness.of_passages(sought.question) if self._likeness else None
        asked = self._asked(sought.question)
        ranked = self._ranker.best("chunk_words", sought.content)
        alike = cosines.best(_ALIKE, _LIKE) if cosines else []
        if len(ranked) < count:
            near = self._ranker.nearest("chunk_words", sought.content)
            ranked += [rowid for rowid in near if rowid not in ranked]
        found = {rowid: self._passage(rowid) for rowid in fuse([ranked, alike, self._below(asked)])}
        shares = {
            rowid: Shares(
                coverage=coverage(sought.weights, each.words, each.characters),
                likeness=max(0.0, cosines.of(rowid)) if cosines else 0.0,
                asked=asked[self._first_of[rowid]].fit if self._first_of.get(rowid) in asked else None,
            )
            for rowid, each in found.items()
        }
        in_order = sorted(found, key=lambda rowid: (found[rowid].language != sought.language, -shares[rowid].sum()))
        fits = self._fits(sought, {rowid: (found[rowid], shares[rowid]) for rowid in in_order[: max(count, _WEIGHED)]})
        best = sorted(fits, key=lambda rowid: (found[rowid].language != sought.language, -fits[rowid]))
        return [_evidence(found[rowid], fits[rowid]) for rowid in best[:count]]

    def _asked(self, question: str) -> "dict[int, Score]":
        """Score what stands under each heading whose author said how people ask for it."""
        if self._intents is None:
            return {}
        return self._intents.scores(question, self._embedder.vector(question) if self._embedder else None)

    def _below(self, asked: "Mapping[int, Score]") -> list[int]:
        """Return the passages under the headings that are likeliest asked for."""
        likely = [first for first, score in asked.items() if score.fit >= _LEAST_ASKED]
        best = sorted(likely, key=lambda first: -asked[first].fit)[:_WEIGHED]
        return [rowid for first in best for rowid in self._sections.get(first, ())]

    def _fits(self, sought: Sought, passages: "Mapping[int, tuple[_Passage, Shares]]") -> dict[int, float]:
        """Return how likely each passage answers: not at all where it leaves open what is asked for."""
        kinds = kinds_asked(sought.question)
        worth = {
            rowid: found
            for rowid, found in passages.items()
            if not leaves_open(f"{found[0].heading}\n{found[0].text}", kinds)
        }
        return dict.fromkeys(passages, 0.0) | self._fits_of(sought, kinds, worth)

    def _fits_of(
        self, sought: Sought, kinds: Collection[str], passages: "Mapping[int, tuple[_Passage, Shares]]"
    ) -> dict[int, float]:
        """Weigh passages; without vectors, by their words and the kind of thing they hold."""
        if self._reader is None:
            return {
                rowid: min(1.0, share.best() + _KIND_TOLD * tells(f"{each.heading}\n{each.text}", kinds))
                for rowid, (each, share) in passages.items()
            }
        from limbeck.knowledge.passage_fit import answers

        asked = self._reader.asked(sought.question)
        return {
            rowid: answers(self._reader.clues(asked, (each.title, each.heading, each.text), kinds, shares=shares))
            for rowid, (each, shares) in passages.items()
        }

    @cached_property
    def _likeness(self) -> "Likeness | None":
        """Return the vectors of the base, read when the first question comes."""
        if self._embedder is None:
            return None
        from limbeck.knowledge.likeness import Likeness

        return Likeness(self._connection, self._embedder)

    @cached_property
    def _intents(self) -> "Intents | None":
        from limbeck.knowledge.intent_rows import read_intents

        return read_intents(self._connection, self._scope, "passage")

    @cached_property
    def _sections(self) -> dict[int, list[int]]:
        """Return the passages under each heading by the id of the first, in sources that have wordings."""
        if self._intents is None:
            return {}
        from limbeck.knowledge.intent_rows import chunks_by_section

        return {rowids[0]: rowids for rowids in chunks_by_section(self._connection).values()}

    @cached_property
    def _first_of(self) -> dict[int, int]:
        return {rowid: first for first, rowids in self._sections.items() for rowid in rowids}

    @cached_property
    def _reader(self) -> "PassageReader | None":
        if self._embedder is None:
            return None
        from limbeck.knowledge.passage_fit import PassageReader

        return PassageReader(self._embedder.words)

    def _passage(self, rowid: int) -> _Passage:
        if rowid not in self._kept:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            query = """SELECT source.name, start, stop, language, title, heading, text FROM chunk
                JOIN source ON source.id = chunk.source_id WHERE chunk.id = ?"""
            source, start, stop, language, *parts = self._connection.execute(query, (rowid,)).fetchone()
            held = frozenset(words("\n".join(parts)))
            self._kept[rowid] = _Passage(
                title=parts[0],
                heading=parts[1],
                text=parts[2],
                language=language,
                citation=Citation(source=source, span=(start, stop)),
                words=held,
                characters=characters_of(held),
            )
        return self._kept[rowid]


def _evidence(passage: _Passage, fit: float) -> Evidence:
    return Evidence(
        kind="passage",
        subject=Label(en=passage.title, zh=passage.title),
        property=Label(en=passage.heading, zh=passage.heading),
        property_id="",
        value=Label(en=passage.text, zh=passage.text),
        link="searched",
        match="none",
        fit=fit,
        citation=passage.citation,
    )
