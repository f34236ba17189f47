"""Ways to ask for passages: the wordings that their authors gave each section, and what none of them answers.

As with properties, one fold can be left out, so that practice meets questions that its search has never seen.
"""

from collections.abc import Sequence
from dataclasses import replace

from limbeck.corpus.language import LANGUAGES
from limbeck.corpus.schema import FOLDS
from limbeck.corpus.ways_to_ask import NOTHING, Way, of_nothing_known, some

_MOST = 4000
"""How many wordings of all sections together are kept: what is fitted to them takes time that grows with the cube."""


def ways_to_passages(
    sections: Sequence[Sequence[str]], to_ask: Sequence[Way] = (), *, without: int | None = None
) -> list[Way]:
    """Return every way to ask, each text once, by its text; a place is that of a section. `without` is left out.

    What no section answers stays at most as much as what the sections do; half of it asks for properties, by the ways
    `to_ask` for them.
    """
    known = [
        Way(text, place, number % FOLDS) for place, texts in enumerate(sections) for number, text in enumerate(texts)
    ]
    known = list(some(known, _MOST))
    found: dict[str, Way] = {}
    unknown = [way for language in LANGUAGES for way in of_nothing_known(language)]
    of_facts = [replace(way, place=NOTHING) for way in to_ask if way.place != NOTHING]
    of_facts = list(some(of_facts, len(known) // 2))
    for way in (*known, *of_facts, *some(unknown, len(known) - len(of_facts))):
        if way.fold != without:
            found.setdefault(way.text, way)
    return sorted(found.values(), key=lambda way: way.text)
