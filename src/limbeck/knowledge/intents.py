"""What a question asks for: ridge regression over every known way to ask, by what texts are like and by their words.

W = ways to ask, D = dimensions, T = terms, C = classes: properties or passages, and last what none of them answers.
Source: Saunders, Gammerman and Vovk 1998, ridge regression learning algorithm in dual variables
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, final

import numpy as np

from limbeck.corpus.ways_to_ask import Way
from limbeck.knowledge.text import stem, units
from limbeck.knowledge.word_vectors import Vectors

_RIDGE = 0.2
_SHARPNESS = 3.0
"""How fast a way to ask stops to count as the cosine falls (docs/experiments.md)."""
_STORED = np.float16
_PIECE = 4
_COMMON = 200
_BY_NAME, _FEW = 1.6, 40
_UNLIKE = 0.15
"""Cosines of texts that have nothing to do with each other stay about here."""
_SHORTEST = 1e-9


_Row = tuple[list[int], Vectors]
"""The places of a text's terms, ascending, and their weights."""


class Score(NamedTuple):
    """How likely a question asks for something, and by how much that leads asking for nothing (0 to 1; 0.5: a tie)."""

    fit: float
    lead: float


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Which ways to ask are no more than a name, of which class, and how much names count for each class.

    They count where little else is known: a name is like many questions that no known way comes near.
    """

    ways: Sequence[int]
    classes: Sequence[int]
    weights_C: Vectors

    def scores(self, cosines_W: Vectors) -> Vectors:
        """Return for each class (C,) what its likest name adds."""
        likest_C = np.zeros_like(self.weights_C)
        np.maximum.at(likest_C, list(self.classes), cosines_W[list(self.ways)] - _UNLIKE)
        added_C: Vectors = likest_C * self.weights_C
        return added_C


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Intents:
    """A fitted reader of questions; without vectors it goes by words alone.

    classes: their ids, in order; idf_T and weights_TC are of `terms`.
    """

    classes: tuple[int, ...]
    vectors_WD: Vectors
    duals_WC: Vectors
    terms: Mapping[str, int]
    idf_T: Vectors
    weights_TC: Vectors
    names: Names

    def scores(self, text: str, vector_D: Vectors | None) -> dict[int, Score]:
        """Return the score of each class for a question; where it asks of a subject, that is taken out."""
        places, values = _weighed(terms_of(text), self.terms, self.idf_T)
        found_C = values @ self.weights_TC[places]
        if vector_D is not None and self.vectors_WD.shape[1]:
            cosines_W = self.vectors_WD @ vector_D
            found_C = found_C + _alike(cosines_W) @ self.duals_WC + self.names.scores(cosines_W)
        *known, nothing = found_C.tolist()
        return {
            number: Score(_share(score), _share((score - nothing + 1) / 2))
            for number, score in zip(self.classes, known, strict=True)
        }


def fit(classes: Sequence[int], ways: Sequence[Way], vectors_WD: Vectors) -> Intents:
    """Fit a reader to ways to ask, each about a place in `classes` or -1 for nothing.

    Numbers are rounded as they are stored, so that one read from a file is the one that was fitted.
    """
    texts = [way.text for way in ways]
    terms, idf_T = _vocabulary(texts)
    rows = [_weighed(terms_of(text), terms, idf_T) for text in texts]
    likeness_WW = _shared_words(rows, len(terms))
    if vectors_WD.shape[1]:
        likeness_WW += _alike(vectors_WD @ vectors_WD.T)
    likeness_WW[np.diag_indices(len(texts))] += _RIDGE
    wanted_WC = np.eye(len(classes) + 1, dtype=np.float32)[[way.place for way in ways]]
    duals_WC = _rounded(np.linalg.solve(likeness_WW, wanted_WC))
    weights_TC = np.zeros((len(terms), len(classes) + 1), np.float32)
    for (places, values), dual_C in zip(rows, duals_WC, strict=True):
        weights_TC[places] += values[:, None] * dual_C
    return Intents(
        classes=tuple(classes),
        vectors_WD=vectors_WD,
        duals_WC=duals_WC,
        terms=terms,
        idf_T=idf_T,
        weights_TC=_rounded(weights_TC),
        names=_names(ways, len(classes) + 1),
    )


def _names(ways: Sequence[Way], num_classes: int) -> Names:
    named = [number for number, way in enumerate(ways) if way.is_name]
    asked = Counter(way.place for way in ways if not way.is_name)
    weights_C = [_BY_NAME * min(1.0, _FEW / max(1, asked[place])) ** 2 for place in range(num_classes)]
    return Names(
        ways=named,
        classes=[ways[number].place for number in named],
        weights_C=_rounded(np.array(weights_C, np.float32)),
    )


def terms_of(text: str) -> frozenset[str]:
    """Return the stems and Han characters of a text, what stands beside them, and pieces of long words."""
    cut = units(text)
    parts = [unit.text if unit.han else stem(unit.text) for unit in cut]
    pairs = (f"{first} {second}" for first, second in pairwise(parts))
    # pieces of four letters find a word again that is misspelt or has another ending
    framed = (f"<{unit.text}>" for unit in cut if not unit.han and len(unit.text) >= _PIECE)
    pieces = (f"#{word[at : at + _PIECE]}" for word in framed for at in range(len(word) - _PIECE + 1))
    return frozenset((*parts, *pairs, *pieces, *(f"^ {part}" for part in parts[:1])))


def _vocabulary(texts: Sequence[str]) -> tuple[dict[str, int], Vectors]:
    """Return the terms that two texts have, by place, and how much each weighs."""
    seen = Counter(term for text in texts for term in terms_of(text))
    terms = {term: place for place, term in enumerate(sorted(term for term in seen if seen[term] > 1))}
    return terms, _rounded(np.array([math.log(len(texts) / seen[term]) for term in terms], np.float32))


def _shared_words(rows: Sequence[_Row], num_terms: int) -> Vectors:
    """Return the products of all rows: common terms in one dense block, rare ones by the rows that have them."""
    holders: list[list[int]] = [[] for _ in range(num_terms)]
    weights: list[list[float]] = [[] for _ in range(num_terms)]
    for number, (places, values) in enumerate(rows):
        for place, value in zip(places, values.tolist(), strict=True):
            holders[place].append(number)
            weights[place].append(value)
    common = [place for place in range(num_terms) if len(holders[place]) > _COMMON]
    dense_WT = np.zeros((len(rows), len(common)), np.float32)
    for column, place in enumerate(common):
        dense_WT[holders[place], column] = weights[place]
    products_WW: Vectors = dense_WT @ dense_WT.T
    for found, weight in zip(holders, weights, strict=True):
        if len(found) <= _COMMON:
            products_WW[np.ix_(found, found)] += np.outer(weight, weight).astype(np.float32)
    return products_WW


def _weighed(found: Iterable[str], terms: Mapping[str, int], idf_T: Vectors) -> _Row:
    places = sorted(terms[term] for term in found if term in terms)
    values: Vectors = idf_T[places]
    return places, values / max(float(np.linalg.norm(values)), _SHORTEST)


def _alike(cosines: Vectors) -> Vectors:
    alike: Vectors = np.exp(_SHARPNESS * (cosines - 1))
    return alike


def _rounded(numbers: Vectors) -> Vectors:
    return numbers.astype(_STORED).astype(np.float32)


def _share(score: float) -> float:
    return min(1.0, max(0.0, score))
