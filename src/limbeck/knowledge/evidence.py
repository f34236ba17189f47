"""What a search finds: rows of facts and passages, each with how it was found and where it stands."""

from dataclasses import dataclass
from typing import Literal

from limbeck.corpus.schema import Property

Link = Literal["named", "carried", "searched"]
"""How the subject was found: named in the question, carried from an earlier turn, or by words only."""

Match = Literal["named", "carried", "none"]
"""How the property was found: named in the question, carried from an earlier turn, or not at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A name in both languages; a side that the source lacks repeats the other."""

    en: str
    zh: str

    def get(self, language: str) -> str:
        """Return the name in `en` or `zh`."""
        return self.zh if language == "zh" else self.en


def name_of(known: Property) -> Label:
    """Return what a property is called: its first label in each language."""
    return Label(en=known.labels["en"][0], zh=known.labels["zh"][0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where a statement stands: a table row (1 is the first data row) or a character span of a document."""

    source: str
    row: int | None = None
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One numbered row of the prompt.

    A fact has a subject, a property and a value; a passage has its page title as subject, its
    heading as property and its text as value. `fit` is how likely the row answers, as far as search can tell
    (0 to 1): for a fact of a known subject that its property is asked for, for a fact found by words the share of the
    question's word weight that it holds. `lead` is by how much a fact's property leads asking for nothing that is known
    (0.5 is a tie); a fact found by words leads where the question says something of its value.
    `is_told` says that the question itself names a value of the row.
    """

    kind: Literal["fact", "passage"]
    subject: Label
    property: Label
    property_id: str
    value: Label
    link: Link
    match: Match
    fit: float
    lead: float = 0.5
    is_told: bool = False
    citation: Citation
