"""Run a recipe to its bundle, and tell how it ended."""

import time
from dataclasses import dataclass
from itertools import count
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


def make(workshop: Workshop, target: Path | None) -> Made:
    """Bring every stage up to date, and lay the bundle down at `target` if there is one."""
    from limbeck import pipeline
    from limbeck.cli.progress import shown

    started = time.monotonic()
    with shown() as listener:
        artifacts = workshop.runner(listener).run()
        if target is not None:
            if (kept := keep_edited(target)) is not None:
                listener.problem(f"{target} was edited since it was made; the edited bundle is now {kept}")
            pipeline.deliver(artifacts, target)
    return Made(artifacts=artifacts, bundle=target, seconds=time.monotonic() - started)


def keep_edited(bundle: Path) -> Path | None:
    """Set a bundle aside whose knowledge was edited, and return where it is now: a run must not undo an edit."""
    from limbeck.bundle.manifest import read_manifest
    from limbeck.core.errors import BundleError

    try:
        is_edited = bool(read_manifest(bundle).edited)
    except BundleError:
        return None
    if not is_edited:
        return None
    names = (bundle.with_name(f"{bundle.name}.edited{f'-{number}' if number > 1 else ''}") for number in count(1))
    aside = next(path for path in names if not path.exists())
    bundle.rename(aside)
    return aside


def tell(bundle: Path, report: "Mapping[str, Any]", seconds: float) -> None:
    """Print the verdict, the scores, and where everything lies."""
    from limbeck.cli.verdict import verdict_text
    from limbeck.core.units import format_duration

    say(verdict_text(report))
    say()
    say(f"bundle  {bundle}  (in {format_duration(seconds)})")
    say(f"report  {bundle / 'report.html'}")
