"""A row that nothing can be learnt from, and why; counted in the waterfall, never dropped in silence."""

from dataclasses import dataclass
from typing import final


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """One row that was left out: where it stands, and what is the matter with it."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.what else self.where


@final
class Unusable(ValueError):
    """The reason that rows are counted under, what is wrong with this one, and how to mend such rows."""

    def __init__(self, reason: str, what: str, *, fix: str) -> None:
        super().__init__(f"{reason}: {what}")
        self.reason = reason
        self.what = what
        self.fix = fix
