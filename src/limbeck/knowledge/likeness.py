"""Which passages a question is like, by the vectors of an encoder.

W = windows of passages, D = dimensions.
"""

import sqlite3
from collections.abc import Iterable
from typing import final

import numpy as np

from limbeck.knowledge.embedder import Embedder

_STORED = np.float16


@final
class Likeness:
    """Compare questions with the passages of a knowledge base."""

    def __init__(self, connection: sqlite3.Connection, embedder: Embedder) -> None:
        self._embedder = embedder
        rows = connection.execute("SELECT id, vector FROM chunk_vector ORDER BY id, place").fetchall()
        vectors = np.frombuffer(b"".join(vector for _, vector in rows), _STORED).astype(np.float32)
        self._ids_W = [number for number, _ in rows]
        self._vectors_WD = vectors.reshape(len(rows), -1) if rows else vectors.reshape(0, 0)

    def of_passages(self, question: str) -> dict[int, float]:
        """Return for each passage the cosine of its likest window."""
        found: dict[int, float] = {}
        if not self._ids_W:
            return found
        cosines_W = self._vectors_WD @ self._embedder.vector(question)
        for number, cosine in zip(self._ids_W, cosines_W.tolist(), strict=True):
            found[number] = max(cosine, found.get(number, -1.0))
        return found


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
