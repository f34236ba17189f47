"""What a question names: subjects, properties, and values of its subjects, each taken out before the next is sought.

A value that the question states ("where in Africa is Chad") says what is *not* asked: its words count for no property.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import final

from limbeck.knowledge.linking import MAX_ENTITIES, Linker, Mention, Parts, ValueMention, cut, ids_of, name_of, without
from limbeck.knowledge.statements import Statement, Statements
from limbeck.knowledge.stopwords import ENGLISH
from limbeck.knowledge.text import content_of, units

MAX_CHARS = 2000
Place = tuple[int, int]
"""Units [start, stop) of a question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a text names; `rest` is left without all that.

    `told` are the values of its subjects that it states, and the statements they belong to.
    """

    parts: Parts
    subjects: tuple[Mention, ...]
    properties: tuple[int, ...]
    told: Mapping[Place, Statement]
    rest: Parts
    content: tuple[str, ...]

    @property
    def entities(self) -> tuple[int, ...]:
        """Return the subjects named, at most three, in the order of the text."""
        return ids_of(self.subjects)[:MAX_ENTITIES]

    @property
    def names(self) -> tuple[str, ...]:
        """Return how the subjects are written, in normal form."""
        return tuple(name_of(self.parts, mention) for mention in self.subjects)


@final
class QuestionReader:
    """Read questions by the names of one knowledge base."""

    def __init__(self, linker: Linker, statements: Statements) -> None:
        self._linker = linker
        self._statements = statements

    def read(self, text: str) -> Reading:
        """Find the subjects and properties that a text names."""
        parts: Parts = list(units(text[:MAX_CHARS]))
        return self._reading(parts, self._linker.entities(parts), {})

    def told(self, reading: Reading, entities: Sequence[int]) -> Reading:
        """Read again with the values of these subjects taken out, and with no subject that is part of one."""
        found: dict[Place, Statement] = {}
        texts = [unit.text if unit else "" for unit in reading.parts]
        for entity in entities:
            for row in self._statements.of(entity):
                for name in sorted(row.value_keys):
                    place = _place_of(name.split(), texts)
                    if place is not None and _is_no_subject(place, reading.subjects, entity):
                        found.setdefault(place, row)
        if not found:
            return reading
        told = {place: found[place] for place in _apart(sorted(found, key=lambda place: place[0] - place[1]))}
        subjects = [each for each in reading.subjects if not any(_overlap((each.start, each.stop), at) for at in told)]
        return self._reading(reading.parts, subjects, told)

    def outside_values(self, reading: Reading, property_ids: Collection[int]) -> Reading:
        """Read again without subjects that are only part of a value: of a Danish krone, not of Denmark."""
        values = self._linker.values(reading.parts, property_ids) if reading.subjects else []
        subjects = [
            each for each in reading.subjects if not any(_is_part(each, value, reading.parts) for value in values)
        ]
        return reading if len(subjects) == len(reading.subjects) else self._reading(reading.parts, subjects, {})

    def _reading(self, parts: Parts, subjects: Sequence[Mention], told: Mapping[Place, Statement]) -> Reading:
        left = without(parts, [*subjects, *(Mention(start, stop, ()) for start, stop in told)])
        properties = self._linker.properties(left)
        content = chain.from_iterable(content_of(run) for run in cut(parts, [*subjects, *properties]))
        return Reading(
            parts=parts,
            subjects=tuple(subjects),
            properties=ids_of(properties),
            told=told,
            rest=without(left, properties),
            content=tuple(dict.fromkeys(content)),
        )


def _is_part(subject: Mention, value: ValueMention, parts: Parts) -> bool:
    """Tell whether a value says more than a subject that stands in it, an article aside."""
    beside = [*parts[value.start : subject.start], *parts[subject.stop : value.stop]]
    is_inside = value.start <= subject.start and subject.stop <= value.stop
    return is_inside and any(unit is not None and unit.text not in ENGLISH for unit in beside)


def _place_of(name: Sequence[str], texts: Sequence[str]) -> Place | None:
    """Return where the units of a name stand among others."""
    starts = range(len(texts) - len(name) + 1 if name else 0)
    return next(((at, at + len(name)) for at in starts if [*texts[at : at + len(name)]] == [*name]), None)


def _is_no_subject(place: Place, subjects: Sequence[Mention], entity: int) -> bool:
    """Tell whether units name no subject of the question: a subject may only stand inside, and not be its own."""
    inside = [each for each in subjects if _overlap(place, (each.start, each.stop))]
    return all(entity not in each.ids and each.stop - each.start < place[1] - place[0] for each in inside)


def _apart(places: Sequence[Place]) -> list[Place]:
    """Return those of some runs of units that overlap none before them."""
    kept: list[Place] = []
    for place in places:
        if not any(_overlap(place, other) for other in kept):
            kept.append(place)
    return kept


def _overlap(one: Place, other: Place) -> bool:
    return one[0] < other[1] and other[0] < one[1]
