"""Ways to ask, written without a subject: for each property of a schema, and for what it does not know.

Search tells by them what a question asks for. One fold of the wordings and frames can be left out, so that practice
meets questions worded as its search has never seen them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from limbeck.corpus.language import LANGUAGES, Language
from limbeck.corpus.schema import FOLDS, Property
from limbeck.corpus.wording_bank import in_fold, read_frames, unknown_phrases

SUBJECT = {"en": "it", "zh": "它"}
"""Stands for the subject of a question, whose name says nothing of what is asked."""

NOTHING = -1
"""What a way to ask is about that no property answers."""

_EVERY_ASK, _EVERY_FOLLOW = 3, 9
_MOST_KNOWN, _LEAST_OF_EACH = 2500, 3
"""How many ways of one language are kept for all properties together, and for each of many."""
_ASK_STEP, _NESTED_STEP, _UNKNOWN_STEP = 7, 13, 5


@dataclass(frozen=True, slots=True)
class Way:
    """A text, the place of the property it asks for or NOTHING, and the fold it belongs to; names belong to none."""

    text: str
    place: int
    fold: int | None = None

    @property
    def is_name(self) -> bool:
        """Tell whether it is no more than what a property is called."""
        return self.fold is None


def ways_to_ask(properties: Sequence[Property], *, without: int | None = None) -> list[Way]:
    """Return every way to ask, each text once, by its text; `without` is a fold to leave out.

    What nothing answers stays at most as much as what a property does.
    """
    known = [way for language in LANGUAGES for way in _of_properties(properties, language)]
    unknown = [way for language in LANGUAGES for way in _of_nothing(properties, language)] if properties else []
    found: dict[str, Way] = {}
    for way in (*known, *some(unknown, len(known))):
        if way.is_name or way.fold != without:
            found.setdefault(way.text, way)
    return sorted(found.values(), key=lambda way: way.text)


def _of_properties(properties: Sequence[Property], language: Language) -> Iterator[Way]:
    named = {known.id: known.labels[language][0] for known in properties}
    most = max(_LEAST_OF_EACH, _MOST_KNOWN // max(1, len(properties)))
    for place, known in enumerate(properties):
        ways = [Way(label, place) for label in known.labels[language]]
        ways += [Way(text, place, fold) for text, fold in _asked(known, place, language, named)]
        yield from some(ways, most)


def some(ways: Sequence[Way], most: int) -> Sequence[Way]:
    """Return at most so many, evenly spaced, the first among them."""
    return ways if len(ways) <= most else [ways[number * len(ways) // most] for number in range(most)]


def _asked(known: Property, place: int, language: Language, named: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Yield the wordings of a property and some frames with its names, each with its fold."""
    frames, labels, subject = read_frames(language), known.labels[language], SUBJECT[language]
    for number, line in enumerate(known.questions.get(language, ())):
        yield line.format(**named, subject=subject), number % FOLDS
    for number, line in enumerate(frames.ask):
        if (number + place) % _EVERY_ASK == 0:
            yield line.format(property=labels[number % len(labels)], subject=subject), number % FOLDS
    for number, line in enumerate(frames.follow_property):
        if (number + place) % _EVERY_FOLLOW == 0:
            yield line.format(property=labels[number % len(labels)]), number % FOLDS


def _of_nothing(properties: Sequence[Property], language: Language) -> Iterator[Way]:
    frames, subject = read_frames(language), SUBJECT[language]
    labels = [label for known in properties for label in known.labels[language]]
    phrases = unknown_phrases(properties, language)
    yield from of_nothing_known(language)
    for number, phrase in enumerate(phrases):
        asks = in_fold(frames.ask, number % FOLDS)
        text = asks[number * _ASK_STEP % len(asks)].format(property=phrase, subject=subject)
        yield Way(text, NOTHING, number % FOLDS)
    for number, line in enumerate(frames.nested):
        some = in_fold(phrases, number % FOLDS)
        label, unknown = labels[number * _NESTED_STEP % len(labels)], some[number * _UNKNOWN_STEP % len(some)]
        yield Way(line.format(property=label, unknown=unknown, subject=subject), NOTHING, number % FOLDS)


def of_nothing_known(language: Language) -> Iterator[Way]:
    """Yield the bank's questions that no knowledge answers, in the folds that practice asks them in."""
    frames = read_frames(language)
    for number, line in enumerate(frames.unknown_question):
        yield Way(line.format(subject=SUBJECT[language]), NOTHING, number % FOLDS)
    for number, line in enumerate(frames.off_topic):
        yield Way(line, NOTHING, number % FOLDS)
