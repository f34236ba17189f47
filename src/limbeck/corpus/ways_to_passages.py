"""Ways to ask for passages: the wordings that their authors gave each section, and what none of them answers.

As with properties, one fold can be left out, so that practice meets questions that its search has never seen.
"""

from collections.abc import Iterator, Sequence

from limbeck.corpus.language import LANGUAGES
from limbeck.corpus.schema import FOLDS
from limbeck.corpus.ways_to_ask import NOTHING, SUBJECT, Way, some
from limbeck.corpus.wording_bank import read_frames

_MOST = 4000
"""How many wordings of all sections together are kept: what is fitted to them takes time that grows with the cube."""


def ways_to_passages(sections: Sequence[Sequence[str]], *, without: int | None = None) -> list[Way]:
    """Return every way to ask, each text once, by its text; a place is that of a section. `without` is left out.

    What nothing answers stays at most as much as what the sections do.
    """
    known = [
        Way(text, place, number % FOLDS) for place, texts in enumerate(sections) for number, text in enumerate(texts)
    ]
    known = list(some(known, _MOST))
    found: dict[str, Way] = {}
    for way in (*known, *some(list(_of_nothing()), len(known))):
        if way.fold != without:
            found.setdefault(way.text, way)
    return sorted(found.values(), key=lambda way: way.text)


def _of_nothing() -> Iterator[Way]:
    for language in LANGUAGES:
        frames = read_frames(language)
        lines = (*(line.format(subject=SUBJECT[language]) for line in frames.unknown_question), *frames.off_topic)
        for number, line in enumerate(lines):
            yield Way(line, NOTHING, number % FOLDS)
