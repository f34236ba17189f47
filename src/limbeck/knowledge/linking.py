"""Which subjects, properties and values a question names: longest names first, exact in normal form."""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from limbeck.corpus.schema import Property
from limbeck.knowledge.stopwords import ENGLISH
from limbeck.knowledge.text import Unit, stem_key, units

MAX_ENTITIES = 3
_MAX_UNITS = 24
_BATCH = 900

Parts = list[Unit | None]
"""The units of a question; None stands where a mention was taken out."""


@dataclass(frozen=True, slots=True)
class Mention:
    """Units [start, stop) of a question that name one or more things, by id."""

    start: int
    stop: int
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ValueMention:
    """Units [start, stop) of a question that name a value, and each (subject, property) that has it."""

    start: int
    stop: int
    pairs: tuple[tuple[int, int], ...]


def without(parts: Parts, mentions: Iterable[Mention]) -> Parts:
    """Return the units with the mentioned ones taken out."""
    left = list(parts)
    for mention in mentions:
        left[mention.start : mention.stop] = [None] * (mention.stop - mention.start)
    return left


def name_of(parts: Parts, mention: Mention) -> str:
    """Return a mention as it stands in the question, in normal form."""
    return _name(parts, mention.start, mention.stop)


def cut(parts: Parts, mentions: Iterable[Mention]) -> list[list[Unit]]:
    """Cut the units at the borders of mentions, so that no Han bigram runs across one."""
    borders = sorted({0, len(parts), *(border for mention in mentions for border in (mention.start, mention.stop))})
    return [[unit for unit in parts[start:stop] if unit] for start, stop in pairwise(borders)]


def ids_of(mentions: Iterable[Mention]) -> tuple[int, ...]:
    """Return the ids mentioned, once each, in the order of the question."""
    return tuple(dict.fromkeys(each for mention in mentions for each in mention.ids))


class Linker:
    """Find names of a knowledge base in questions; property names are held in memory."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        longest = connection.execute("SELECT max(units) FROM alias").fetchone()[0]
        self._longest_alias = min(_MAX_UNITS, longest or 0)
        self._properties = _property_names(connection)
        self._longest_property = max((name.count(" ") + 1 for name in self._properties), default=0)

    def entities(self, parts: Parts) -> list[Mention]:
        """Find the subjects named, at most three, in the order of the question."""
        rows = self._aliases({name for _, _, name in _grams(parts, self._longest_alias)})
        shouted = sum(unit is not None and not unit.han for unit in parts) > 2 and all(
            unit is None or unit.han or unit.upper for unit in parts
        )

        def accept(start: int, stop: int, name: str) -> tuple[int, ...]:
            named = [part for part in parts[start:stop] if part is not None]
            upper = all(unit.han or unit.upper for unit in named) and not (shouted and name in ENGLISH)
            return _best(entity for entity in rows.get(name, ()) if upper or not entity[2])

        found = _longest_first(parts, self._longest_alias, accept)
        found = [mention for mention in found if not self._is_part_of_property(parts, mention)]
        kept: list[Mention] = []
        for mention in found:
            room = MAX_ENTITIES - len(ids_of(kept))
            new = [each for each in mention.ids if each not in ids_of(kept)]
            kept.append(Mention(mention.start, mention.stop, mention.ids if len(new) <= room else tuple(new[:room])))
        return kept

    def properties(self, parts: Parts) -> list[Mention]:
        """Find the properties named, in the order of the question."""

        def accept(start: int, stop: int, name: str) -> tuple[int, ...]:
            return self._properties.get(stem_key(part for part in parts[start:stop] if part is not None), ())

        return _longest_first(parts, self._longest_property, accept)

    def values(self, parts: Parts, property_ids: Collection[int]) -> list[ValueMention]:
        """Find the values of these properties that the question names, in its order."""
        found: dict[str, list[tuple[int, int]]] = {}
        names = {name for _, _, name in _grams(parts, _MAX_UNITS) if name not in ENGLISH}
        wanted = ", ".join(str(int(each)) for each in sorted(property_ids))
        for batch in _batches(names):
            marks = ", ".join("?" * len(batch))
            for side in ("norm_en", "norm_zh"):
                query = f"""SELECT {side}, entity_id, property_id FROM fact
                    WHERE {side} IN ({marks}) AND property_id IN ({wanted}) ORDER BY id"""
                for name, entity_id, property_id in self._connection.execute(query, batch):
                    found.setdefault(name, []).append((entity_id, property_id))

        def accept(start: int, stop: int, name: str) -> tuple[int, ...]:
            return tuple(range(len(found.get(name, ()))))

        return [
            ValueMention(at.start, at.stop, tuple(dict.fromkeys(found[_name(parts, at.start, at.stop)])))
            for at in _longest_first(parts, _MAX_UNITS, accept)
        ]

    def _aliases(self, names: Collection[str]) -> dict[str, list[tuple[int, int, int]]]:
        """Return (entity, is it a label, must it be in capitals) of every name that is one."""
        rows: dict[str, list[tuple[int, int, int]]] = {}
        for batch in _batches(names):
            query = f"""SELECT norm, entity_id, max(is_label), min(cased) FROM alias
                WHERE norm IN ({", ".join("?" * len(batch))}) GROUP BY norm, entity_id ORDER BY entity_id"""
            for norm, *entity in self._connection.execute(query, batch):
                rows.setdefault(norm, []).append((entity[0], entity[1], entity[2]))
        return rows

    def _is_part_of_property(self, parts: Parts, mention: Mention) -> bool:
        """Tell whether a one-character name only stands inside a longer property name."""
        unit = parts[mention.start]
        if mention.stop - mention.start > 1 or unit is None or not unit.han:
            return False
        return any(
            each.start <= mention.start < each.stop and each.stop - each.start > 1 for each in self.properties(parts)
        )


def _property_names(connection: sqlite3.Connection) -> Mapping[str, tuple[int, ...]]:
    names: dict[str, list[int]] = {}
    for number, body in connection.execute("SELECT id, body FROM property ORDER BY id"):
        for labels in Property.from_json(json.loads(body)).labels.values():
            for label in labels:
                known = names.setdefault(stem_key(units(label)), [])
                if number not in known:
                    known.append(number)
    return {name: tuple(numbers) for name, numbers in names.items() if name}


def _best(entities: Iterable[tuple[int, int, int]]) -> tuple[int, ...]:
    """Prefer subjects whose own label this is to those it is another name of."""
    found = list(entities)
    labelled = [entity for entity in found if entity[1]]
    return tuple(entity for entity, _, _ in labelled or found)


def _longest_first(parts: Parts, longest: int, accept: Callable[[int, int, str], tuple[int, ...]]) -> list[Mention]:
    found: list[Mention] = []
    taken = [False] * len(parts)
    for start, stop, name in _grams(parts, longest):
        if any(taken[start:stop]):
            continue
        ids = accept(start, stop, name)
        if ids:
            found.append(Mention(start, stop, ids))
            taken[start:stop] = [True] * (stop - start)
    return sorted(found, key=lambda mention: mention.start)


def _grams(parts: Parts, longest: int) -> Iterator[tuple[int, int, str]]:
    """Yield every run of units that no gap parts, longest first, then from the left."""
    for size in range(min(longest, len(parts)), 0, -1):
        for start in range(len(parts) - size + 1):
            if None not in parts[start : start + size]:
                yield start, start + size, _name(parts, start, start + size)


def _name(parts: Parts, start: int, stop: int) -> str:
    return " ".join(unit.text for unit in parts[start:stop] if unit is not None)


def _batches(names: Collection[str]) -> Iterator[Sequence[str]]:
    ordered = sorted(names)
    for start in range(0, len(ordered), _BATCH):
        yield ordered[start : start + _BATCH]
