"""The built-in wording bank: how people ask in each language, whatever a table is about."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from limbeck.corpus.language import Language
from limbeck.corpus.schema import FOLDS, Property


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """The wording bank of one language."""

    ask: tuple[str, ...]
    follow_property: tuple[str, ...]
    pronoun: tuple[str, ...]
    follow_subject: tuple[str, ...]
    unknown_property: tuple[str, ...]
    unknown_question: tuple[str, ...]
    inverse: tuple[str, ...]
    off_topic: tuple[str, ...]
    nested: tuple[str, ...]
    two_subjects: tuple[str, ...]
    two_properties: tuple[str, ...]
    invented: tuple[str, ...]
    wrap: tuple[str, ...]


@cache
def read_frames(language: Language) -> Frames:
    """Read the built-in wording bank."""
    text = (files("limbeck.corpus") / "frames" / f"{language}.toml").read_text(encoding="utf-8")
    return Frames(**{name: tuple(lines) for name, lines in tomllib.loads(text).items()})


def in_fold(lines: Sequence[str], fold: int) -> Sequence[str]:
    """Return the lines of one fold; all of them where there are too few for that."""
    return lines[fold::FOLDS] or lines


def unknown_phrases(properties: Sequence[Property], language: Language) -> list[str]:
    """Return names of properties that none of these is."""
    known = [label.lower() for asked in properties for label in asked.labels[language]]
    return [phrase for phrase in read_frames(language).unknown_property if not _names_one(phrase, known, language)]


def _names_one(phrase: str, labels: Sequence[str], language: Language) -> bool:
    """Tell whether a phrase meant to be unknown overlaps with a label."""
    folded = phrase.lower()
    words = set(folded.split()) if language == "en" else set()
    return any(label in folded or (words and set(label.split()) <= words) for label in labels)
