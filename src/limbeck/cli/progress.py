"""What a run is doing, on standard error: bars where someone watches, a few plain lines where nobody does."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, final

from limbeck.cli.console import is_terminal, note, paint
from limbeck.core.units import format_duration

if TYPE_CHECKING:
    import rich.progress

    from limbeck.core.progress import Progress
    from limbeck.core.runner import Listener

_LINE_SECONDS = 5.0
_LEAST_SECONDS = 1.0
_LINE_SHARE = 0.1
_LEAST_SHARE = 0.01
"""So much must be done before a time left is told: the first steps are slow."""


@contextmanager
def shown() -> Iterator["Listener"]:
    """Yield the listener that fits standard error."""
    if not is_terminal(err=True):
        yield Lines()
        return
    bars = Bars()
    with bars.progress:
        yield bars


@contextmanager
def watched(work: str) -> Iterator["Progress"]:
    """Yield a progress callback for one piece of work outside a run."""
    started = time.monotonic()
    with shown() as listener:
        listener.stage_started(work)
        yield lambda done, total, note="": listener.stage_progress(work, done, total, note)
        listener.stage_finished(work, "ran", time.monotonic() - started)


@final
class Lines:
    """One line when a stage starts and ends, and one now and then between."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._started = self._last = 0.0
        self._last_share = 0.0
        self._first_share: float | None = None

    def stage_started(self, stage: str) -> None:
        """Tell that a stage begins."""
        self._started = self._last = self._clock()
        self._last_share = 0.0
        self._first_share = None
        note(f"{stage}: started")

    def stage_progress(self, stage: str, done: int, total: int, note_text: str) -> None:
        """Tell how far it is, every five seconds or tenth of the work."""
        now, share = self._clock(), done / max(total, 1)
        if done == 0:  # nor does what comes before the first step
            self._started = now
        if self._first_share is None:  # what a resumed stage had done before says nothing about its speed now
            self._first_share = max(0, done - 1) / max(total, 1)
        since = now - self._last
        is_step = share - self._last_share >= _LINE_SHARE and since >= _LEAST_SECONDS
        if done >= total or not (since >= _LINE_SECONDS or is_step):
            return
        self._last, self._last_share = now, share
        done_here = share - self._first_share
        left = (now - self._started) / done_here * (1 - share) if done_here >= _LEAST_SHARE else None
        parts = [f"{done} of {total} ({share:.0%})", f"about {format_duration(left)} left" if left else "", note_text]
        note(f"{stage}: {', '.join(part for part in parts if part)}")

    def stage_finished(self, stage: str, outcome: Literal["hit", "ran"], seconds: float) -> None:
        """Tell that it is done."""
        note(f"{stage}: unchanged" if outcome == "hit" else f"{stage}: done in {format_duration(seconds)}")

    def problem(self, text: str) -> None:
        """Tell what a person should know."""
        note(f"note: {text}")


@final
class Bars:
    """A live bar with the time left for the stage at work, a tick for each that is done."""

    def __init__(self) -> None:
        self.progress = _bars()
        self._task: rich.progress.TaskID | None = None

    def stage_started(self, stage: str) -> None:
        """Draw a bar that has no end yet."""
        self._clear()
        self._task = self.progress.add_task(stage, total=None, note="")

    def stage_progress(self, stage: str, done: int, total: int, note_text: str) -> None:
        """Move the bar."""
        if self._task is not None:
            self.progress.update(self._task, completed=done, total=total, note=note_text)

    def stage_finished(self, stage: str, outcome: Literal["hit", "ran"], seconds: float) -> None:
        """Turn the bar into a tick."""
        self._clear()
        mark = paint("=", "dim", err=True) if outcome == "hit" else paint("✓", "green", err=True)
        took = paint("unchanged", "dim", err=True) if outcome == "hit" else format_duration(seconds)
        self._print(f"{mark} {stage:<12} {took}")

    def problem(self, text: str) -> None:
        """Print above the bar what a person should know."""
        self._print(f"{paint('!', 'yellow', err=True)} {text}")

    def _print(self, text: str) -> None:
        from rich.text import Text

        self.progress.console.print(Text.from_ansi(text), soft_wrap=True)

    def _clear(self) -> None:
        if self._task is not None:
            self.progress.remove_task(self._task)
            self._task = None


def _bars() -> "rich.progress.Progress":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description:<12}"),
        BarColumn(bar_width=32),
        TaskProgressColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("[dim]{task.fields[note]}"),
        console=Console(stderr=True),
    )
