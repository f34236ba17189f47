"""One form for texts that mean the same, and the question whether one stands in another."""

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache

_GROUPED = re.compile(r"(?<![\d.])\d{1,3}(?:([,'\u00a0\u202f\u2009])\d{3})(?:\1\d{3})*(?!\d)")
_DECIMAL = re.compile(r"(?<![\d.])\d+\.\d+(?!\.?\d)")
_MYRIAD = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)\s*(万亿|亿|万)")
_MYRIADS = {"万": 10**4, "亿": 10**8, "万亿": 10**12}
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_ACRONYM_CHARS = 3
# Apostrophes, dashes and middle dots that people type for one another.
_ALIKE = str.maketrans("’‘ʼ‐‑–—−・•", "'''-----··")
_EXPONENTS = dict.fromkeys(map(ord, "¹²³⁰⁴⁵⁶⁷⁸⁹"))


@lru_cache(maxsize=16384)
def normal(text: str) -> str:
    """Return a text in NFKC, without case and accents, numbers without grouping or trailing zeros."""
    return _without_accents(_numbers(text)).casefold()


@lru_cache(maxsize=16384)
def _cased(text: str) -> str:
    return _without_accents(_numbers(text))


def contains(text: str, needle: str) -> bool:
    """Tell whether a text holds another in normal form; Latin words and numbers only as a whole.

    An acronym of up to three capitals must stand in capitals: `US` is not in "tell us".
    """
    stripped = needle.strip()
    is_acronym = stripped.isascii() and stripped.isalpha() and stripped.isupper() and len(stripped) <= _ACRONYM_CHARS
    form = _cased if is_acronym else normal
    sought = form(stripped)
    return bool(sought) and _pattern(sought).search(form(text)) is not None


def figures(text: str) -> set[str]:
    """Return every number of a text in normal form; the exponent of a unit such as km² is none."""
    return set(_FIGURE.findall(normal(text.translate(_EXPONENTS))))


def is_han(text: str) -> bool:
    """Tell whether a text is written in Han characters, at least in part."""
    return _HAN.search(text) is not None


@lru_cache(maxsize=16384)
def _pattern(sought: str) -> re.Pattern[str]:
    """Bound the ends of a needle that are Latin letters or digits; Han text has no word ends."""
    return re.compile(f"{_edge(sought[0], before=True)}{re.escape(sought)}{_edge(sought[-1], before=False)}")


def _edge(character: str, *, before: bool) -> str:
    letters = r"[a-zA-Z0-9\u00c0-\u024f\u0370-\u052f]"
    if character.isdigit():
        return r"(?<!^-)(?<!\s-)(?<!\d)(?<!\d\.)(?<![A-Za-z])" if before else r"(?!\d)(?!\.\d)"
    if _HAN.match(character) or not character.isalnum():
        return ""
    return f"(?<!{letters})" if before else f"(?!{letters})"


def _numbers(text: str) -> str:
    alike = text.translate(_ALIKE)
    folded = unicodedata.normalize("NFKC", _GROUPED.sub(_joined, alike))
    joined = _GROUPED.sub(_joined, folded)
    scaled = _MYRIAD.sub(lambda match: _plain(Decimal(match[1]) * _MYRIADS[match[2]]), joined)
    exact = _DECIMAL.sub(lambda match: _plain(Decimal(match[0])), scaled)
    return " ".join(exact.split())


def _joined(match: re.Match[str]) -> str:
    return re.sub(r"\D", "", match[0])


def _plain(number: Decimal) -> str:
    written = format(number, "f")
    return written.rstrip("0").rstrip(".") if "." in written else written


def _without_accents(text: str) -> str:
    spread = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(c for c in spread if unicodedata.category(c) != "Mn"))
