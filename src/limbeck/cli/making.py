"""Run a recipe to its bundle, and tell how it ended."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from limbeck.cli.console import say
from limbeck.cli.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Mapping

    from limbeck.core.artifact import Artifact


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a run left behind; no bundle where it was to stop before."""

    artifacts: "Mapping[str, Artifact]"
    bundle: Path | None
    seconds: float


def make(workshop: Workshop, *, whole: bool) -> Made:
    """Bring every stage up to date, and lay the bundle down where the whole pipeline ran."""
    import time

    from limbeck import pipeline
    from limbeck.cli.progress import shown

    started = time.monotonic()
    with shown() as listener:
        artifacts = workshop.runner(listener).run()
    bundle = pipeline.deliver(workshop.recipe, artifacts) if whole else None
    return Made(artifacts=artifacts, bundle=bundle, seconds=time.monotonic() - started)


def tell(bundle: Path, report: "Mapping[str, Any]", seconds: float) -> None:
    """Print the verdict, the scores, and where everything lies."""
    from limbeck.cli.verdict import verdict_text
    from limbeck.core.units import format_duration

    say(verdict_text(report))
    say()
    say(f"bundle  {bundle}  (in {format_duration(seconds)})")
    say(f"report  {bundle / 'report.html'}")
