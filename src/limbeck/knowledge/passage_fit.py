"""How likely a passage answers a question: a logistic regression over words, vectors, and the kind of thing asked for.

One sentence that holds all of the question speaks for a passage, a heading that does speaks against it: near misses
share the topic. Where its author said how people ask for it, that counts most. Words are compared by their vectors,
each with the nearest one of the passage.
N = words of the question, M = words of a part of a passage, D = dimensions.
"""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import final

import numpy as np

from limbeck.knowledge.answer_kind import tells
from limbeck.knowledge.sought import Shares
from limbeck.knowledge.word_vectors import Vectors, WordVectors

_SENTENCE_END = re.compile(r"(?<=[.!?。！？；;\n])\s*")
_SHORTEST_SENTENCE = 4
_SHORTEST = 1e-9
_MOST_KEPT = 4096
_WEIGHTS = (1.564, 5.051, -0.865, 4.451, -0.888, -0.413, 0.37, -4.557)
_WEIGHTS_ASKED = (-0.076, 2.68, -0.109, 2.265, -5.259, -0.427, 0.652, 11.724, -4.456)
"""Of the clues in order, and last a constant: `recipes/starter/passage_fit.py` fits both to the practice pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clues:
    """What speaks for a passage (0 to 1 each): shares of the question, by weight, that its parts hold.

    shares: the words that it has as they stand, the cosine, and how likely the question is one of its own.
    """

    shares: Shares
    whole: float
    sentence: float
    heading: float
    is_kind_asked: bool
    is_kind_told: bool

    def numbers(self) -> tuple[float, ...]:
        """Return the clues as weights count them: the share that it is asked for comes last, where that is known."""
        known = () if self.shares.asked is None else (self.shares.asked,)
        parts = (self.whole, self.sentence, self.heading, self.is_kind_asked, self.is_kind_told)
        return (self.shares.coverage, self.shares.likeness, *parts, *known)


def answers(clues: Clues) -> float:
    """Return how likely a passage is the answer."""
    *weights, constant = _WEIGHTS if clues.shares.asked is None else _WEIGHTS_ASKED
    score = constant + sum(weight * clue for weight, clue in zip(weights, clues.numbers(), strict=True))
    return 1 / (1 + math.exp(-score))


@final
class AskedWords:
    """The words of one question as vectors, and how much each weighs."""

    def __init__(self, rows_ND: Vectors) -> None:
        lengths_N = np.linalg.norm(rows_ND, axis=1)
        self._weights_N = lengths_N / max(float(lengths_N.sum()), _SHORTEST)
        self._unit_ND = _unit(rows_ND)

    def nearest(self, part_MD: Vectors) -> Vectors:
        """Return (N,): the cosine of each word to the nearest one of a part."""
        if not len(part_MD):
            return np.zeros(len(self._unit_ND), np.float32)
        found_N: Vectors = (self._unit_ND @ part_MD.T).max(axis=1)
        return found_N

    def share(self, *nearest_N: Vectors) -> float:
        """Return the share of the question that some parts hold together."""
        return float(self._weights_N @ np.max(nearest_N, axis=0))


@dataclass(frozen=True, slots=True)
class _Parts:
    title_MD: Vectors
    heading_MD: Vectors
    sentences: tuple[tuple[str, Vectors], ...]


@final
class PassageReader:
    """Compare questions with passages, whose words are kept."""

    def __init__(self, words: WordVectors) -> None:
        self._words = words
        self._kept: dict[tuple[str, str, str], _Parts] = {}

    def asked(self, question: str) -> AskedWords:
        """Return the words of a question."""
        return AskedWords(self._words.rows(question))

    def clues(
        self, asked: AskedWords, passage: tuple[str, str, str], kinds: Collection[str], *, shares: Shares
    ) -> Clues:
        """Weigh a passage: its title, heading and text."""
        parts = self._parts(passage)
        title_N, heading_N = asked.nearest(parts.title_MD), asked.nearest(parts.heading_MD)
        sentences = [asked.nearest(words_MD) for _, words_MD in parts.sentences]
        return Clues(
            shares=shares,
            whole=asked.share(title_N, heading_N, *sentences),
            sentence=max(asked.share(heading_N, sentence_N) for sentence_N in sentences),
            heading=asked.share(title_N, heading_N),
            is_kind_asked=bool(kinds),
            is_kind_told=bool(kinds) and any(tells(text, kinds) for text, _ in parts.sentences),
        )

    def _parts(self, passage: tuple[str, str, str]) -> _Parts:
        if passage not in self._kept:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            title, heading, text = passage
            sentences = [each for each in _SENTENCE_END.split(text) if len(each) >= _SHORTEST_SENTENCE] or [text]
            self._kept[passage] = _Parts(
                self._unit_rows(title),
                self._unit_rows(heading),
                tuple((each, self._unit_rows(each)) for each in sentences),
            )
        return self._kept[passage]

    def _unit_rows(self, text: str) -> Vectors:
        return _unit(self._words.rows(text))


def _unit(rows_ND: Vectors) -> Vectors:
    unit_ND: Vectors = rows_ND / np.maximum(np.linalg.norm(rows_ND, axis=1, keepdims=True), _SHORTEST)
    return unit_ND
