"""What a question is like, by the vectors of an encoder: the ways to ask for a property, and passages.

W = windows of passages or wordings, D = dimensions.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import final

import numpy as np

from limbeck.corpus.language import LANGUAGES
from limbeck.corpus.schema import Property
from limbeck.knowledge.embedder import Embedder
from limbeck.knowledge.topics import SUBJECT
from limbeck.knowledge.word_vectors import Vectors

_STORED = np.float16


@final
class Likeness:
    """Compare questions with what a knowledge base holds vectors of."""

    def __init__(self, connection: sqlite3.Connection, embedder: Embedder) -> None:
        self._embedder = embedder
        self._chunk_ids, self._chunks_WD = _read(connection, "chunk_vector")
        self._property_ids, self._wordings_WD = _read(connection, "property_vector")

    def of_properties(self, question: str) -> dict[int, float]:
        """Return for each property the cosine of the likest way to ask for it."""
        return self._likest(question, self._property_ids, self._wordings_WD)

    def of_passages(self, question: str) -> dict[int, float]:
        """Return for each passage the cosine of its likest window."""
        return self._likest(question, self._chunk_ids, self._chunks_WD)

    def _likest(self, question: str, ids_W: Sequence[int], vectors_WD: Vectors) -> dict[int, float]:
        found: dict[int, float] = {}
        if not len(ids_W):
            return found
        cosines_W = vectors_WD @ self._embedder.vector(question)
        for number, cosine in zip(ids_W, cosines_W.tolist(), strict=True):
            found[number] = max(cosine, found.get(number, -1.0))
        return found


def embed_properties(connection: sqlite3.Connection, embedder: Embedder, ids: Iterable[int] | None = None) -> None:
    """Write the vectors of some properties, or of all: their names, and the wordings that search knows."""
    known = {
        number: Property.from_json(json.loads(body))
        for number, body in connection.execute("SELECT id, body FROM property ORDER BY id")
    }
    for number in known if ids is None else ids:
        _write(connection, "property_vector", number, embedder.vectors(_wordings(known[number], known.values())))


def keep_wordings(connection: sqlite3.Connection, kept: Sequence[Property]) -> None:
    """Forget the vectors of wordings that properties no longer have; `kept` are all of them, in order."""
    rows = connection.execute("SELECT id, body FROM property ORDER BY id").fetchall()
    # scopes may each have a property of the same name, so that only their order tells them apart
    for (number, body), each in zip(rows, kept, strict=True):
        known = Property.from_json(json.loads(body))
        left = set(_wordings(each, kept))
        gone = [(number, place) for place, text in enumerate(_wordings(known, kept)) if text not in left]
        connection.executemany("DELETE FROM property_vector WHERE id = ? AND place = ?", gone)


def embed_chunks(connection: sqlite3.Connection, embedder: Embedder, ids: Iterable[int] | None = None) -> None:
    """Write the vectors of some passages, or of all: one for each window that the encoder is shown at once."""
    for number in [row[0] for row in connection.execute("SELECT id FROM chunk ORDER BY id")] if ids is None else ids:
        parts = connection.execute("SELECT title, heading, text FROM chunk WHERE id = ?", (number,)).fetchone()
        _write(connection, "chunk_vector", number, embedder.windows(passage_text(*parts)))


def passage_text(title: str, heading: str, text: str) -> str:
    """Write a passage as the encoder reads it."""
    return "\n".join(part for part in (title, heading, text) if part)


def _wordings(known: Property, every: Iterable[Property]) -> list[str]:
    """Return what a property is called and how it is asked for, labels in place of other values."""
    labels = [label for language in LANGUAGES for label in known.labels[language]]
    named = {language: {each.id: each.labels[language][0] for each in every} for language in LANGUAGES}
    clues = [
        line.format(**{**named[language], "subject": SUBJECT[language]})
        for language in LANGUAGES
        for line in known.questions.get(language, ())
    ]
    return list(dict.fromkeys([*labels, *clues]))


def _write(connection: sqlite3.Connection, table: str, number: int, vectors_WD: Vectors) -> None:
    rows = [(number, place, vector_D.astype(_STORED).tobytes()) for place, vector_D in enumerate(vectors_WD)]
    connection.executemany(f"INSERT INTO {table} VALUES (?, ?, ?)", rows)


def _read(connection: sqlite3.Connection, table: str) -> tuple[list[int], Vectors]:
    rows = connection.execute(f"SELECT id, vector FROM {table} ORDER BY id, place").fetchall()
    vectors = np.frombuffer(b"".join(vector for _, vector in rows), _STORED).astype(np.float32)
    return [number for number, _ in rows], vectors.reshape(len(rows), -1) if rows else vectors.reshape(0, 0)
