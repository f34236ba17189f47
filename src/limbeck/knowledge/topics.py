"""How well a question's words fit each property: its names, and the ways people ask for it."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from limbeck.corpus.schema import Property
from limbeck.knowledge.ranking import characters_of, coverage
from limbeck.knowledge.text import content_of, units

SUBJECT = {"en": "it", "zh": "它"}
"""Stands for the subject of a question or wording, whose name says nothing of what is asked."""
_UNSEEN_WEIGHT = 1.2
_NAMED = re.compile(r"\{[^{}]*\}")


class Topics:
    """The words of every property, each weighed by how few properties it fits."""

    def __init__(self, properties: Mapping[int, Property]) -> None:
        self._words = {number: _words_of(known) for number, known in properties.items()}
        self._characters = {number: characters_of(words) for number, words in self._words.items()}
        frequency = Counter(word for words in self._words.values() for word in words)
        total = len(self._words)
        self._weights = {word: math.log(1 + (total - count + 0.5) / (count + 0.5)) for word, count in frequency.items()}

    def fits(self, content: Sequence[str]) -> dict[int, float]:
        """Return for each property the share (0 to 1) of the content's weight that its words hold."""
        weights = {word: self._weights.get(word, _UNSEEN_WEIGHT) for word in content}
        return {number: coverage(weights, words, self._characters[number]) for number, words in self._words.items()}


def _words_of(known: Property) -> frozenset[str]:
    texts = [label for labels in known.labels.values() for label in labels]
    texts += [_NAMED.sub("\n", wording) for wordings in known.questions.values() for wording in wordings]
    return frozenset(word for text in texts for line in text.splitlines() for word in content_of(units(line)))
