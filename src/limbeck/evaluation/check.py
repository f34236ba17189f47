"""The seam every check fits: look at a packed bundle, give back rows and what they were taken from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from limbeck.core.budget import Budget
from limbeck.core.family import Family
from limbeck.core.progress import Progress, silent
from limbeck.evaluation.questions import Question

CHECKS = Family(package="limbeck.evaluation.checks", noun="check")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckContext:
    """What a check may ask of a bundle, and what it is held against.

    bars: least share by the name of a row, such as `accuracy`.
    budget: None means what the bundle claims.
    """

    questions: tuple[Question, ...] = ()
    bars: Mapping[str, float] = field(default_factory=dict)
    budget: Budget | None = None
    engine: str | None = None
    num_threads: int = 2
    progress: Progress = silent


class CheckModule(Protocol):
    """What a file in `checks/` offers."""

    def run(self, bundle: Path, context: CheckContext) -> dict[str, Any]:
        """Return plain JSON data: `rows`, each a measurement, and what else the check knows."""
