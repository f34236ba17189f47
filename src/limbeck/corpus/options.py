"""How an intake reads and cleans: plain values, each with a default that drops nothing a model could use."""

from dataclasses import dataclass, field
from pathlib import Path

from limbeck.core.errors import LimbeckError
from limbeck.corpus.layouts.mapping import FieldMapping
from limbeck.corpus.reading.plain import Unit

MOST_UNUSABLE = 0.05
"""The share of a file's rows that may be unusable before the intake stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeOptions:
    """What to read and what to keep; lengths are in characters, shares from 0 to 1.

    fields: names of fields, where the usual names do not tell. unit: what one record of a plain text is.
    languages: ISO 639 codes to keep; none keeps all. near_duplicates: similarity from which records count as the
    same; None keeps all. held_out: files whose content must not be trained on. seed: draws the evaluation share.
    Raises: LimbeckError: a value out of its range.
    """

    fields: FieldMapping = field(default_factory=FieldMapping)
    unit: Unit = "auto"
    languages: tuple[str, ...] = ()
    min_characters: int = 1
    max_characters: int | None = None
    near_duplicates: float | None = 0.8
    mask_pii: bool = False
    eval_share: float = 0.0
    held_out: tuple[Path, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        if self.min_characters < 0 or (self.max_characters is not None and self.max_characters < self.min_characters):
            what = f"no text has from {self.min_characters} to {self.max_characters} characters"
            raise LimbeckError(what, fix="let min_characters be 0 or more and max_characters no less than it")
        if self.near_duplicates is not None and not 0 < self.near_duplicates <= 1:
            what = f"near_duplicates is {self.near_duplicates}, and a similarity is above 0 and at most 1"
            raise LimbeckError(what, fix="0.8 is usual; None keeps near duplicates")
        if not 0 <= self.eval_share < 1:
            fix = "give a share such as 0.02; 0 sets nothing aside"
            raise LimbeckError(f"eval_share is {self.eval_share}, and must be from 0 to below 1", fix=fix)
