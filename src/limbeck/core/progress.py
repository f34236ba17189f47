"""Progress as a plain callback, so that no stage knows how it is shown."""

from typing import Protocol


class Progress(Protocol):
    """Hear how far a long piece of work is."""

    def __call__(self, done: int, total: int, note: str = "") -> None:
        """Report `done` of `total` steps, with a short note such as the current loss."""


def silent(done: int, total: int, note: str = "") -> None:
    """Show nothing."""


class Phases(Protocol):
    """Hear what a long piece of work turns to next."""

    def __call__(self, name: str) -> Progress:
        """Begin a phase; the last one is over."""
