"""Choose installed fonts that have the characters to be drawn, so that no token becomes an empty box."""

import unicodedata
from collections.abc import Sequence, Set
from dataclasses import dataclass

_FIRST = "DejaVu Sans"
"""Comes with matplotlib, so it is always there."""
_PREFERRED = ("Noto Sans CJK SC", "Source Han Sans", "Noto Sans SC", "PingFang", "Microsoft YaHei", "WenQuanYi", "CJK")
_POINTS_PER_INCH = 72
_CELL_EM = 0.56


@dataclass(frozen=True, slots=True, kw_only=True)
class Fonts:
    """The families to draw with, in order, and the characters that none of them has."""

    families: tuple[str, ...]
    missing: str

    def label(self, token: str, place: int) -> str:
        """Return the token, or its number in the text where it cannot be drawn."""
        return f"#{place}" if set(token) & set(self.missing) else self.readable(token)

    def readable(self, text: str) -> str:
        """Return the text without what cannot be drawn, and without the signs that would start a formula."""
        return "".join("…" if character in self.missing else character for character in text).replace("$", r"\$")

    def inches(self, labels: Sequence[str], points: float) -> float:
        """Return about how long the longest label is."""
        cells = max(sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in label) for label in labels)
        return cells * points * _CELL_EM / _POINTS_PER_INCH


def choose_fonts(text: str) -> Fonts:
    """Return the fonts that cover a text, as far as what is installed does."""
    from matplotlib import font_manager

    entries = {entry.name: entry.fname for entry in font_manager.fontManager.ttflist}
    missing = {character for character in text if character.isprintable()}
    missing -= _covered(str(entries[_FIRST]), missing)
    families = [_FIRST]
    for name in sorted(entries, key=_rank):
        found = _covered(str(entries[name]), missing) if missing else frozenset()
        if found:
            families.append(name)
            missing -= found
    unprintable = {character for character in text if not character.isprintable() and character != "\n"}
    return Fonts(families=tuple(families), missing="".join(sorted(missing | unprintable)))


def _rank(name: str) -> tuple[int, str]:
    places = [place for place, part in enumerate(_PREFERRED) if part in name]
    return (places[0] if places else len(_PREFERRED), name)


def _covered(path: str, characters: Set[str]) -> Set[str]:
    """Return those of some characters that a font file has."""
    from matplotlib.ft2font import FT2Font

    try:
        font = FT2Font(path)
    except (RuntimeError, OSError):  # a font of fixed pixels, such as coloured emoji, which matplotlib cannot draw
        return frozenset()
    return {character for character in characters if font.get_char_index(ord(character))}
