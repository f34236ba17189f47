"""Which passages a question is like, by the vectors of an encoder.

W = windows of passages, P = passages, D = dimensions.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

import numpy as np
import numpy.typing as npt

from limbeck.knowledge.embedder import Embedder
from limbeck.knowledge.word_vectors import Vectors

_STORED = np.float16


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Cosines:
    """How like a question each passage is, by its likest window; ids ascend."""

    ids_P: npt.NDArray[np.int64]
    cosines_P: Vectors

    def of(self, number: int) -> float:
        """Return the cosine of a passage, 0 where it has no vector."""
        place = int(np.searchsorted(self.ids_P, number))
        return float(self.cosines_P[place]) if place < len(self.ids_P) and self.ids_P[place] == number else 0.0

    def best(self, count: int, least: float) -> list[int]:
        """Return the likest passages, those below `least` left out."""
        like = np.flatnonzero(self.cosines_P >= least)
        order = np.argsort(-self.cosines_P[like], kind="stable")[:count]
        return [int(number) for number in self.ids_P[like[order]]]


@final
class Likeness:
    """Compare questions with the passages of a knowledge base."""

    def __init__(self, connection: sqlite3.Connection, embedder: Embedder) -> None:
        self._embedder = embedder
        rows = connection.execute("SELECT id, vector FROM chunk_vector ORDER BY id, place").fetchall()
        vectors = np.frombuffer(b"".join(vector for _, vector in rows), _STORED).astype(np.float32)
        self._vectors_WD = vectors.reshape(len(rows), -1) if rows else vectors.reshape(0, 0)
        ids_W = np.array([number for number, _ in rows], np.int64)
        self._ids_P, self._first_P = np.unique(ids_W, return_index=True)

    def of_passages(self, question: str) -> Cosines:
        """Return for each passage the cosine of its likest window."""
        if not len(self._ids_P):
            return Cosines(ids_P=self._ids_P, cosines_P=np.zeros(0, np.float32))
        cosines_W = self._vectors_WD @ self._embedder.vector(question)
        return Cosines(ids_P=self._ids_P, cosines_P=np.maximum.reduceat(cosines_W, self._first_P))


def embed_chunks(connection: sqlite3.Connection, embedder: Embedder, ids: Iterable[int] | None = None) -> None:
    """Write the vectors of some passages, or of all: one for each window that the encoder is shown at once."""
    for number in [row[0] for row in connection.execute("SELECT id FROM chunk ORDER BY id")] if ids is None else ids:
        parts = connection.execute("SELECT title, heading, text FROM chunk WHERE id = ?", (number,)).fetchone()
        vectors_WD = embedder.windows(passage_text(*parts))
        rows = [(number, place, vector_D.astype(_STORED).tobytes()) for place, vector_D in enumerate(vectors_WD)]
        connection.executemany("INSERT INTO chunk_vector VALUES (?, ?, ?)", rows)


def passage_text(title: str, heading: str, text: str) -> str:
    """Write a passage as the encoder reads it."""
    return "\n".join(part for part in (title, heading, text) if part)
