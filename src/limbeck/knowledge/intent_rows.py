"""The fitted readers of questions as rows of a knowledge base: one for what everyone sees, and one for each scope."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from limbeck.corpus.schema import Property
from limbeck.corpus.ways_to_ask import Way, ways_to_ask
from limbeck.knowledge.intents import Intents, Names, fit
from limbeck.knowledge.word_vectors import Vectors

if TYPE_CHECKING:
    from limbeck.knowledge.embedder import Embedder

_STORED = np.float16
_PLACE = np.int32


def write_intents(
    connection: sqlite3.Connection, embedder: "Embedder | None" = None, *, without: int | None = None
) -> None:
    """Write every way to ask and what is fitted to them anew, within the transaction that is open.

    `without` leaves a fold of the wordings out. Vectors of texts that are there already are kept.
    """
    ways = {scope: ways_to_ask(list(seen.values()), without=without) for scope, seen in _seen_by_scope(connection)}
    kept = dict(connection.execute("SELECT text, vector FROM way"))
    texts = sorted({way.text for found in ways.values() for way in found})
    new = [text for text in texts if text not in kept]
    if embedder is not None:
        vectors = embedder.vectors(new) if new else ()
        kept |= {text: vector_D.astype(_STORED).tobytes() for text, vector_D in zip(new, vectors, strict=True)}
    connection.execute("DELETE FROM way")
    rows = [(number, text, kept.get(text, b"")) for number, text in enumerate(texts, start=1)]
    connection.executemany("INSERT INTO way VALUES (?, ?, ?)", rows)
    connection.execute("DELETE FROM intent")
    for scope, seen in _seen_by_scope(connection):
        _write_fitted(connection, scope, tuple(seen), ways[scope])


def read_intents(connection: sqlite3.Connection, scope: str) -> Intents | None:
    """Return what is fitted for the readers of a scope; None where there are no properties."""
    query = (
        "SELECT properties, names, ways, duals, terms, weights FROM intent WHERE scope IN ('', ?) ORDER BY scope DESC"
    )
    found = connection.execute(query, (scope,)).fetchone()
    if found is None:
        return None
    properties, names, ways, duals, terms, weights = found
    numbers, vectors_WD = _vectors(connection)
    places = np.searchsorted(numbers, np.frombuffer(ways, _PLACE))
    classes = len(json.loads(properties)) + 1
    table_TC = _read(weights).reshape(-1, classes + 1)
    return Intents(
        properties=tuple(json.loads(properties)),
        vectors_WD=vectors_WD[places],
        duals_WC=_read(duals).reshape(-1, classes),
        terms={term: place for place, term in enumerate(terms.split("\n"))} if terms else {},
        idf_T=table_TC[:, 0],
        weights_TC=table_TC[:, 1:],
        names=_names(json.loads(names)),
    )


def _names(stored: Mapping[str, Sequence[float]]) -> Names:
    ways, classes = ([int(number) for number in stored[key]] for key in ("ways", "classes"))
    return Names(ways=ways, classes=classes, weights_C=np.array(stored["weights"], np.float32))


def _seen_by_scope(connection: sqlite3.Connection) -> list[tuple[str, dict[int, Property]]]:
    """Return the properties that readers of each scope see; scopes without properties of their own are left out."""
    rows = connection.execute("SELECT id, body, scope FROM property ORDER BY id").fetchall()
    known = [(number, Property.from_json(json.loads(body)), scope) for number, body, scope in rows]
    return [
        (scope, {number: each for number, each, owner in known if owner in ("", scope)})
        for scope in sorted({scope for *_, scope in known})
    ]


def _write_fitted(connection: sqlite3.Connection, scope: str, properties: tuple[int, ...], ways: Sequence[Way]) -> None:
    numbers = dict(connection.execute("SELECT text, id FROM way"))
    ids, vectors_WD = _vectors(connection)
    places = np.array([numbers[way.text] for way in ways], _PLACE)
    fitted = fit(properties, ways, vectors_WD[np.searchsorted(ids, places)])
    table_TC = np.concatenate([fitted.idf_T[:, None], fitted.weights_TC], axis=1)
    names = {"ways": list(fitted.names.ways), "classes": list(fitted.names.classes)}
    names_json = json.dumps({**names, "weights": fitted.names.weights_C.tolist()})
    blobs = (places.tobytes(), _written(fitted.duals_WC), "\n".join(fitted.terms), _written(table_TC))
    connection.execute(
        "INSERT INTO intent VALUES (?, ?, ?, ?, ?, ?, ?)", (scope, json.dumps(properties), names_json, *blobs)
    )


def _vectors(connection: sqlite3.Connection) -> tuple[np.ndarray[tuple[int], np.dtype[np.int32]], Vectors]:
    """Return the numbers of all ways to ask, ascending, and their vectors; those have no columns without an encoder."""
    rows = connection.execute("SELECT id, vector FROM way ORDER BY id").fetchall()
    numbers = np.array([number for number, _ in rows], _PLACE)
    return numbers, _read(b"".join(vector for _, vector in rows)).reshape(len(rows), -1)


def _read(blob: bytes) -> Vectors:
    return np.frombuffer(blob, _STORED).astype(np.float32)


def _written(numbers: Vectors) -> bytes:
    return numbers.astype(_STORED).tobytes()
