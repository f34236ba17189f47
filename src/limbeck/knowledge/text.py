"""One normal form for names and questions, and the words that the index is made of.

A text becomes *units*: a Latin word (folded case and accents, no possessive) or a single Han
character. Names compare by units; the index holds stemmed words and Han bigrams.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from limbeck.knowledge.stopwords import CHINESE, ENGLISH, LONGEST_CHINESE

_HAN = "\u3005\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = f"[^\\W_{_HAN}]"
_UNIT = re.compile(rf"[{_HAN}]|(?:[A-Za-z]\.){{2,}}[A-Za-z]?(?!\w)|\d+(?:[.,]\d+)+|{_WORD}+(?:'{_WORD}+)*")
_HAN_UNIT = re.compile(f"[{_HAN}]")
_MARKS = re.compile("[\u0300-\u036f]")
_LETTERS = str.maketrans({"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "æ": "ae", "œ": "oe"})
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ`´ʻ", "'"))


@dataclass(frozen=True, slots=True)
class Unit:
    """A folded Latin word or one Han character; `upper` tells that it was written in capitals."""

    text: str
    han: bool
    upper: bool


def strip_controls(text: str, replacement: str = "") -> str:
    """Take out control and invisible format characters, all but line breaks and tabs."""
    if text.isprintable():
        return text
    return "".join(replacement if _is_control(character) else character for character in text)


def units(text: str) -> list[Unit]:
    """Cut a text into units of its normal form."""
    return [_unit(match[0]) for match in _UNIT.finditer(_fold(text))]


def replaced(text: str, names: Mapping[tuple[int, int], str]) -> str:
    """Write names in place of runs [start, stop) of the units of a text, in folded letters."""
    folded = _fold(text)
    places = [match.span() for match in _UNIT.finditer(folded)]
    for (start, stop), name in sorted(names.items(), reverse=True):
        folded = folded[: places[start][0]] + name + folded[places[stop - 1][1] :]
    return folded


def key(text: str) -> str:
    """Return the normal form under which names are equal: units with a space between."""
    return " ".join(unit.text for unit in units(text))


def name_key(text: str) -> str:
    """Return the normal form of a subject's name: its units, a leading `the` left out."""
    norm = key(text)
    return norm.removeprefix("the ") if norm != "the" else norm


def subject_key(name: str) -> str:
    """Return the normal form under which subjects are the same; a name without a letter or digit is its own."""
    return name_key(name) or name


def stem_key(parts: Iterable[Unit]) -> str:
    """Return the normal form under which property labels are equal: stems with a space between."""
    return " ".join(unit.text if unit.han else stem(unit.text) for unit in parts)


def words(text: str) -> list[str]:
    """Return the index words of a text in order: stems, and the bigrams of each run of Han."""
    found: list[str] = []
    for line in text.splitlines():
        for run in _runs(units(line)):
            found.extend(_bigrams(run) if isinstance(run, str) else [stem(run.text)])
    return found


def content_of(parts: Sequence[Unit]) -> tuple[str, ...]:
    """Return the distinct content words of units already cut."""
    found: list[str] = []
    for run in _runs(parts):
        if isinstance(run, str):
            found.extend(word for segment in _without_stop_words(run) for word in _bigrams(segment))
        elif run.text not in ENGLISH or _is_code(run):
            found.append(stem(run.text))
    return tuple(dict.fromkeys(found))


def stem(word: str) -> str:
    """Take the commonest English endings off a folded word (Porter's first step, and -ly).

    Source: Porter 1980, steps 1a to 1c, https://tartarus.org/martin/PorterStemmer/def.txt
    """
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    word = _without_plural(word)
    for ending in ("ing", "ed", "ly"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) > 2 and _has_vowel(rest):
            word = _mended(rest) if ending != "ly" else rest
            break
    if word.endswith("y") and _has_vowel(word[:-1]):
        return word[:-1] + "i"
    return word.removesuffix("e") if len(word) > 4 else word


def _fold(text: str) -> str:
    plain = strip_controls(unicodedata.normalize("NFKC", text)).translate(_APOSTROPHES)
    if plain.isascii():
        return plain
    bare = _MARKS.sub("", unicodedata.normalize("NFD", plain))
    return unicodedata.normalize("NFC", bare).translate(_LETTERS)


def _unit(written: str) -> Unit:
    if _HAN_UNIT.match(written):
        return Unit(written, True, False)
    if written[0].isdigit():
        return Unit(written.replace(",", "").casefold(), False, True)
    bare = written.replace(".", "")
    bare = bare[:-2] if bare[-2:] in ("'s", "'S") and len(bare) > 2 else bare
    bare = bare.replace("'", "")
    return Unit(bare.casefold(), False, bare.isupper() or bare.isdigit())


def _is_code(unit: Unit) -> bool:
    """Tell a name such as US from the stop word it looks like."""
    return unit.upper and 1 < len(unit.text) < 4


def _runs(parts: Sequence[Unit]) -> list[str | Unit]:
    runs: list[str | Unit] = []
    for unit in parts:
        if not unit.han:
            runs.append(unit)
        elif runs and isinstance(runs[-1], str):
            runs[-1] += unit.text
        else:
            runs.append(unit.text)
    return runs


def _bigrams(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)] if len(run) > 1 else [run]


def _without_stop_words(run: str) -> list[str]:
    segments = [""]
    at = 0
    while at < len(run):
        sizes = range(min(LONGEST_CHINESE, len(run) - at), 0, -1)
        size = next((size for size in sizes if run[at : at + size] in CHINESE), 0)
        if size:
            segments.append("")
        else:
            segments[-1] += run[at]
        at += size or 1
    return [segment for segment in segments if segment]


def _without_plural(word: str) -> str:
    if word.endswith(("sses", "xes", "ches", "shes")) or (word.endswith("ies") and len(word) > 4):
        return word[:-2]
    return word if word.endswith(("ss", "us", "is")) else word.removesuffix("s")


def _mended(rest: str) -> str:
    if rest[-1] == rest[-2] and rest[-1] not in "lsz":
        return rest[:-1]
    return rest


def _has_vowel(word: str) -> bool:
    return any(letter in "aeiouy" for letter in word)


def _is_control(character: str) -> bool:
    return character not in "\n\r\t" and unicodedata.category(character) in ("Cc", "Cf")
