"""Weights of words, coverage, BM25 over the index, and the fusion of rankings."""

import math
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal

_MAX_QUERY_WORDS = 64
_CANDIDATES = 24
_FUSION_OFFSET = 60
_PART_OF_BIGRAM = 0.6
_LONG_WORD = 5

Index = Literal["chunk_words", "fact_words"]
_WEIGHTS: dict[Index, str] = {"chunk_words": "2.0, 1.0", "fact_words": "1.0, 1.0"}


class Ranker:
    """Weigh and match words over one knowledge base."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        chunks = "SELECT count(*) FROM chunk"
        statements = "SELECT count(*) FROM (SELECT DISTINCT entity_id, property_id FROM fact)"
        self._rows = sum(int(connection.execute(query).fetchone()[0]) for query in (chunks, statements))

    def weights(self, words: Sequence[str]) -> dict[str, float]:
        """Return the idf of each word; one the base has never seen weighs the most."""
        seen = dict.fromkeys(words[:_MAX_QUERY_WORDS], 0)
        marks = ", ".join("?" * len(seen))
        for table in ("chunk_vocabulary", "fact_vocabulary"):
            for word, rows in self._connection.execute(
                f"SELECT term, doc FROM {table} WHERE term IN ({marks})", [*seen]
            ):
                seen[word] += rows
        return {word: math.log(1 + (self._rows - rows + 0.5) / (rows + 0.5)) for word, rows in seen.items()}

    def best(self, index: Index, words: Sequence[str]) -> list[int]:
        """Return the index rows that match any word, best BM25 first."""
        return self._matching(index, [f'"{word}"' for word in words[:_MAX_QUERY_WORDS]])

    def nearest(self, index: Index, words: Sequence[str]) -> list[int]:
        """Return the index rows that match the beginning of any word: a Han character, or most of a long word."""
        starts = dict.fromkeys(start for word in words[:_MAX_QUERY_WORDS] for start in _starts(word))
        return self._matching(index, [f'"{start}"*' for start in starts])

    def _matching(self, index: Index, terms: Sequence[str]) -> list[int]:
        if not terms:
            return []
        query = " OR ".join(terms)
        ranked = f"""SELECT rowid FROM {index} WHERE {index} MATCH ?
            ORDER BY bm25({index}, {_WEIGHTS[index]}), rowid LIMIT {_CANDIDATES}"""
        return [int(rowid) for (rowid,) in self._connection.execute(ranked, (query,))]


def characters_of(found: Collection[str]) -> frozenset[str]:
    """Return the Han characters of some words."""
    return frozenset(character for word in found if not word.isascii() for character in word)


def coverage(weights: Mapping[str, float], found: Collection[str], characters: Collection[str] | None = None) -> float:
    """Return the share (0 to 1) of the question's word weight found in a row's words; `characters` are theirs."""
    total = sum(weights.values())
    if not total:
        return 0.0
    if characters is None:
        characters = characters_of(found)
    covered = sum(weight * _credit(found, characters, word) for word, weight in weights.items())
    return min(1.0, covered / total)


def fuse(rankings: Iterable[Sequence[int]]) -> list[int]:
    """Put rankings together by reciprocal rank; ties keep the order of the first.

    Source: Cormack, Clarke and Buettcher 2009, https://doi.org/10.1145/1571941.1572114
    """
    scores: dict[int, float] = {}
    for ranking in rankings:
        for place, item in enumerate(ranking):
            scores[item] = scores.get(item, 0.0) + 1 / (_FUSION_OFFSET + place)
    return sorted(scores, key=lambda item: -scores[item])


def _starts(word: str) -> Iterator[str]:
    if not word.isascii():
        yield from word
    elif len(word) > _LONG_WORD:
        yield word[:_LONG_WORD]


def _credit(found: Collection[str], characters: Collection[str], word: str) -> float:
    """Return how much of a word a row holds; half a Han bigram, cut across two words, counts in part."""
    if word in found:
        return 1.0
    if word.isascii():
        return 0.0
    shared = sum(character in characters for character in word) / len(word)
    return shared if len(word) == 1 else _PART_OF_BIGRAM * shared
