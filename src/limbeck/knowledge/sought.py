"""What passages are sought for, and how much of it one of them holds."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A question as passages are sought for it: its text and language, and its content words with their weights."""

    question: str
    language: str
    content: tuple[str, ...]
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """How much of a question a passage holds, in words and by its vector, and how likely it is asked for so.

    asked: None where nobody said how people ask for it.
    """

    coverage: float
    likeness: float
    asked: float | None

    def sum(self) -> float:
        """Return what passages are put in order by before they are weighed."""
        return self.coverage + self.likeness + (self.asked or 0.0)

    def best(self) -> float:
        """Return how likely it answers where there are no vectors."""
        return max(self.coverage, self.asked or 0.0)
