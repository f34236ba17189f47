"""Ways to ask for passages: the wordings that their authors gave each section, and what none of them answers.

Near misses are made of what sections are about and what none of them speaks of: who owns the desk, the colour of the
ticket. As with properties, one fold can be left out, so that practice meets questions that its search has never seen.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from limbeck.corpus.language import LANGUAGES, Language, language_of
from limbeck.corpus.schema import FOLDS
from limbeck.corpus.ways_to_ask import NOTHING, SUBJECT, Way, some
from limbeck.corpus.wording_bank import in_fold, read_frames

_MOST = 4000
"""How many wordings of all sections together are kept: what is fitted to them takes time that grows with the cube."""
_NEAR_MISSES = 4
_PHRASE_STEP, _ASK_STEP = 7, 5
_SHORT = 3
"""Letters of the longest English words that say too little: of, the, who."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What stands under one heading: what it is about, the page's title first, and how people ask for it."""

    topics: tuple[str, ...]
    wordings: tuple[str, ...]


def ways_to_passages(sections: Sequence[Section], *, without: int | None = None) -> list[Way]:
    """Return every way to ask, each text once, by its text; a place is that of a section. `without` is left out.

    What nothing answers, near misses apart, stays at most as much as what the sections do.
    """
    known = [
        Way(text, place, number % FOLDS)
        for place, section in enumerate(sections)
        for number, text in enumerate(section.wordings)
    ]
    known = list(some(known, _MOST))
    found: dict[str, Way] = {}
    for way in (*known, *some(list(_of_nothing()), len(known)), *some(list(_near_misses(sections)), len(known))):
        if way.fold != without:
            found.setdefault(way.text, way)
    return sorted(found.values(), key=lambda way: way.text)


def _of_nothing() -> Iterator[Way]:
    for language in LANGUAGES:
        frames = read_frames(language)
        lines = (*(line.format(subject=SUBJECT[language]) for line in frames.unknown_question), *frames.off_topic)
        for number, line in enumerate(lines):
            yield Way(line, NOTHING, number % FOLDS)


def _near_misses(sections: Sequence[Section]) -> Iterator[Way]:
    """Yield questions for what no section speaks of, about the topic of each."""
    phrases = _unspoken(sections)
    topics = [topic for section in sections for topic in section.topics if topic]
    for number, topic in enumerate(topic for topic in topics for _ in range(_NEAR_MISSES)):
        language = language_of(topic)
        if phrases[language]:
            phrase = phrases[language][number * _PHRASE_STEP % len(phrases[language])]
            asks = in_fold(read_frames(language).ask, number % FOLDS)
            text = asks[number * _ASK_STEP % len(asks)].format(property=phrase, subject=topic)
            yield Way(text, NOTHING, number % FOLDS)


def _unspoken(sections: Sequence[Section]) -> Mapping[Language, list[str]]:
    """Return the bank's phrases that share nothing with how sections are called and asked for."""
    spoken = {language: set[str]() for language in LANGUAGES}
    for section in sections:
        for text in (*section.topics, *section.wordings):
            spoken[language_of(text)].update(_parts(text, language_of(text)))
    return {
        language: [
            each
            for each in read_frames(language).unknown_property
            if spoken[language].isdisjoint(_parts(each, language))
        ]
        for language in LANGUAGES
    }


def _parts(text: str, language: Language) -> set[str]:
    """Return the words of a text, or of a Chinese one its pairs of characters."""
    if language == "zh":
        return {text[at : at + 2] for at in range(len(text) - 1)}
    return {word.strip("?!.,;:'\"()") for word in text.lower().split() if len(word) > _SHORT}
