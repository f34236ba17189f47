"""The fitted readers of questions as rows of a knowledge base: for what everyone sees, and for what each scope does.

One tells which property a question asks for, the other under which heading its answer stands.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from limbeck.core.digest import digest_json
from limbeck.corpus.schema import Property
from limbeck.corpus.ways_to_ask import Way, ways_to_ask
from limbeck.corpus.ways_to_passages import ways_to_passages
from limbeck.knowledge.intents import Intents, Names, fit
from limbeck.knowledge.word_vectors import Vectors

if TYPE_CHECKING:
    from limbeck.knowledge.embedder import Embedder

_STORED = np.float16
_PLACE = np.int32

About = Literal["fact", "passage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """The ways to ask that one scope knows, and the ids of what they ask for."""

    scope: str
    about: About
    classes: tuple[int, ...]
    ways: Sequence[Way]


def write_intents(
    connection: sqlite3.Connection, embedder: "Embedder | None" = None, *, without: int | None = None
) -> None:
    """Write every way to ask and what is fitted to them anew, within the transaction that is open.

    `without` leaves a fold of the wordings out. Vectors of texts that are there already are kept.
    """
    facts = _of_facts(connection, without)
    known = [*facts, *_of_passages(connection, {each.scope: each.ways for each in facts}, without)]
    kept = dict(connection.execute("SELECT text, vector FROM way"))
    texts = sorted({way.text for each in known for way in each.ways})
    new = [text for text in texts if text not in kept]
    if embedder is not None:
        vectors = embedder.vectors(new) if new else ()
        kept |= {text: vector_D.astype(_STORED).tobytes() for text, vector_D in zip(new, vectors, strict=True)}
    connection.execute("DELETE FROM way")
    rows = [(number, text, kept.get(text, b"")) for number, text in enumerate(texts, start=1)]
    connection.executemany("INSERT INTO way VALUES (?, ?, ?)", rows)
    _fit_anew(connection, known, {text: place for place, text in enumerate(texts)})


def _fit_anew(connection: sqlite3.Connection, known: Sequence[_Known], place_of: Mapping[str, int]) -> None:
    """Fit what has changed: an edit of a page leaves what is known of properties as it is."""
    rows = connection.execute("SELECT scope, about, names FROM intent").fetchall()
    stored = {(scope, about): json.loads(names).get("of") for scope, about, names in rows}
    wanted = {(each.scope, each.about): _digest(each) for each in known}
    stale = [key for key, digest in stored.items() if wanted.get(key) != digest]
    connection.executemany("DELETE FROM intent WHERE scope = ? AND about = ?", stale)
    for each in known:
        key, places = (each.scope, each.about), [place_of[way.text] for way in each.ways]
        if stored.get(key) == wanted[key]:
            query = "UPDATE intent SET ways = ? WHERE scope = ? AND about = ?"
            connection.execute(query, (_numbers(places).tobytes(), *key))
        else:
            fitted = fit(each.classes, each.ways, _vectors(connection)[1][places])
            _write_fitted(connection, each, wanted[key], places, fitted)


def _digest(known: _Known) -> str:
    """Return a digest of all that is fitted to; vectors follow from the texts."""
    return digest_json([list(known.classes), [[way.text, way.place, way.is_name] for way in known.ways]])


def _numbers(places: Sequence[int]) -> "np.ndarray[tuple[int], np.dtype[np.int32]]":
    """Return what the rows of some ways are numbered."""
    return np.array(places, _PLACE) + 1


def read_intents(connection: sqlite3.Connection, scope: str, about: About) -> Intents | None:
    """Return what is fitted for the readers of a scope; None where there is nothing to ask for."""
    query = """SELECT classes, names, ways, duals, terms, weights FROM intent
        WHERE scope IN ('', ?) AND about = ? ORDER BY scope DESC"""
    found = connection.execute(query, (scope, about)).fetchone()
    if found is None:
        return None
    classes, names, ways, duals, terms, weights = found
    numbers, vectors_WD = _vectors(connection)
    places = np.searchsorted(numbers, np.frombuffer(ways, _PLACE))
    num_classes = len(json.loads(classes)) + 1
    table_TC = _read(weights).reshape(-1, num_classes + 1)
    return Intents(
        classes=tuple(json.loads(classes)),
        vectors_WD=vectors_WD[places],
        duals_WC=_read(duals).reshape(-1, num_classes),
        terms={term: place for place, term in enumerate(terms.split("\n"))} if terms else {},
        idf_T=table_TC[:, 0],
        weights_TC=table_TC[:, 1:],
        names=_names(json.loads(names)),
    )


def chunks_by_section(connection: sqlite3.Connection) -> dict[tuple[int, str], list[int]]:
    """Return by source and heading the passages of every source that has wordings; the first stands for its section."""
    found: dict[tuple[int, str], list[int]] = {}
    query = "SELECT source_id, heading, id FROM chunk WHERE source_id IN (SELECT source_id FROM asked) ORDER BY id"
    for source, heading, number in connection.execute(query):
        found.setdefault((source, heading), []).append(number)
    return found


def _names(stored: Mapping[str, Sequence[float]]) -> Names:
    ways, classes = ([int(number) for number in stored[key]] for key in ("ways", "classes"))
    return Names(ways=ways, classes=classes, weights_C=np.array(stored["weights"], np.float32))


def _of_facts(connection: sqlite3.Connection, without: int | None) -> list[_Known]:
    """Return what readers of each scope know of properties; scopes without properties of their own are left out."""
    rows = connection.execute("SELECT id, body, scope FROM property ORDER BY id").fetchall()
    known = [(number, Property.from_json(json.loads(body)), scope) for number, body, scope in rows]
    seen = {
        scope: {number: each for number, each, owner in known if owner in ("", scope)}
        for scope in sorted({scope for *_, scope in known})
    }
    return [
        _Known(scope=scope, about="fact", classes=tuple(each), ways=ways_to_ask(list(each.values()), without=without))
        for scope, each in seen.items()
    ]


def _of_passages(
    connection: sqlite3.Connection, to_ask: Mapping[str, Sequence[Way]], without: int | None
) -> list[_Known]:
    """Return what readers of each scope know of passages; scopes without wordings of their own are left out.

    `to_ask` has what each scope knows of properties.
    """
    chunks = chunks_by_section(connection)
    query = """SELECT source_id, heading, text, scope FROM asked
        JOIN source ON source.id = source_id ORDER BY source_id, heading, place"""
    sections: dict[tuple[int, str], list[str]] = {}
    for source, heading, text, scope in connection.execute(query):
        sections.setdefault((chunks[source, heading][0], scope), []).append(text)
    known = []
    for scope in sorted({owner for _, owner in sections}):
        seen = {first: texts for (first, owner), texts in sorted(sections.items()) if owner in ("", scope)}
        of_facts = to_ask.get(scope, to_ask.get("", ()))
        ways = ways_to_passages(list(seen.values()), of_facts, without=without)
        known.append(_Known(scope=scope, about="passage", classes=tuple(seen), ways=ways))
    return known


def _write_fitted(
    connection: sqlite3.Connection, known: _Known, digest: str, places: Sequence[int], fitted: Intents
) -> None:
    table_TC = np.concatenate([fitted.idf_T[:, None], fitted.weights_TC], axis=1)
    names = {"ways": list(fitted.names.ways), "classes": list(fitted.names.classes)}
    names_json = json.dumps({**names, "weights": fitted.names.weights_C.tolist(), "of": digest})
    blobs = (_numbers(places).tobytes(), _written(fitted.duals_WC), "\n".join(fitted.terms), _written(table_TC))
    about = (known.scope, known.about, json.dumps(known.classes), names_json)
    connection.execute("INSERT INTO intent VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*about, *blobs))


def _vectors(connection: sqlite3.Connection) -> tuple[np.ndarray[tuple[int], np.dtype[np.int32]], Vectors]:
    """Return the numbers of all ways to ask, ascending, and their vectors; those have no columns without an encoder."""
    rows = connection.execute("SELECT id, vector FROM way ORDER BY id").fetchall()
    numbers = np.array([number for number, _ in rows], _PLACE)
    return numbers, _read(b"".join(vector for _, vector in rows)).reshape(len(rows), -1)


def _read(blob: bytes) -> Vectors:
    return np.frombuffer(blob, _STORED).astype(np.float32)


def _written(numbers: Vectors) -> bytes:
    return numbers.astype(_STORED).tobytes()
