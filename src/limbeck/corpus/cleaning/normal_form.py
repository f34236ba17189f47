"""The form that records are compared in: folded words and single Han characters, and runs of them."""

import re
import unicodedata
from collections.abc import Iterator

from limbeck.corpus.language import language_of

_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_SIGNS = "-+*/<>=%^#&|~$×÷"
_UNIT = re.compile(f"[{_HAN}]|[^\\W_{_HAN}]+|[{_SIGNS}]")
_FIGURE = re.compile(f"\\d+|[{_SIGNS}]")
# With these sizes, one word changed in a text of the same length costs both languages about the same similarity.
_SHINGLE_UNITS = {"en": 3, "zh": 4}


def units(text: str) -> list[str]:
    """Cut a text into folded words, single Han characters and signs such as + and #; punctuation does not count."""
    return _UNIT.findall(unicodedata.normalize("NFKC", text).casefold())


def key(text: str) -> str:
    """Return the form under which texts ask the same; a text of nothing but punctuation stays itself."""
    return " ".join(units(text)) or text.strip()


def shingles(text: str) -> frozenset[str]:
    """Return every run of 3 words, or of 4 Han characters in Chinese; a shorter text is one run."""
    return frozenset(runs(units(text) or [text.strip()], _SHINGLE_UNITS[language_of(text)]))


def runs(parts: list[str], size: int) -> Iterator[str]:
    """Yield every run of `size` units, or the whole where there are fewer."""
    for at in range(max(len(parts) - size, 0) + 1):
        yield " ".join(parts[at : at + size])


def figures(text: str) -> list[str]:
    """Return the numbers and signs of a text: where they differ, two texts say different things."""
    return _FIGURE.findall(unicodedata.normalize("NFKC", text))
