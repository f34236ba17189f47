"""Swap words of a question for random ones, so that reading leans on what search found, not on learnt wordings.

A small network learns a few thousand wordings by heart and then takes every other wording for a
question it cannot answer (docs/experiments.md). Blurred questions look like unknown wordings, while
the marks of their rows stay true.
"""

import random
import re
from collections.abc import Sequence

from limbeck.corpus.language import LANGUAGES, Language
from limbeck.corpus.wording_bank import read_frames

_PIECE = re.compile(r"[A-Za-z']+|[\u4e00-\u9fff]{1,2}")


class Blur:
    """Blur a share of questions; deterministic for a seed and the order of calls."""

    def __init__(self, *, share: float, depth: float, seed: int) -> None:
        self._share = share
        self._depth = depth
        self._random = random.Random(seed)
        self._pieces = {language: _pieces(language) for language in LANGUAGES}

    def __call__(self, text: str, language: Language) -> str:
        """Return the text, or a blurred one of the same shape: marks and references stay."""
        if self._random.random() >= self._share:
            return text
        return _PIECE.sub(lambda match: self._swap(match[0], self._pieces[language]), text)

    def _swap(self, piece: str, pieces: Sequence[str]) -> str:
        return self._random.choice(pieces) if self._random.random() < self._depth else piece


def _pieces(language: Language) -> tuple[str, ...]:
    frames = read_frames(language)
    texts = (*frames.off_topic, *frames.unknown_property, *frames.unknown_question, *frames.wrap, *frames.ask)
    return tuple(sorted({piece for text in texts for piece in _PIECE.findall(re.sub(r"\{\w+\}", " ", text))}))
