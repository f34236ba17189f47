"""Count the tokens of a training and the time they took, scoring and checkpoints included."""

import time
from collections.abc import Callable
from typing import final

_TOKENS = ("tokens_BT", "read_BS", "written_BT")


@final
class Meter:
    """Tokens per second since the first batch of this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._started: float | None = None
        self.num_tokens = 0

    def start(self) -> None:
        """Begin to count time; a second call changes nothing."""
        if self._started is None:
            self._started = self._clock()

    def count(self, batch: object) -> None:
        """Add the tokens of a batch, padding included: its `num_tokens`, or what its tensors hold."""
        self.num_tokens += num_tokens_of(batch)

    @property
    def seconds(self) -> float:
        """Return the time since the start, 0 before it."""
        return 0.0 if self._started is None else self._clock() - self._started

    @property
    def tokens_per_second(self) -> float | None:
        """Return the mean speed, None before there is one."""
        seconds = self.seconds
        return self.num_tokens / seconds if seconds and self.num_tokens else None


def num_tokens_of(batch: object) -> int:
    """Return how many tokens a network reads and writes in a batch; 0 where the batch does not say."""
    if hasattr(batch, "num_tokens"):
        return int(batch.num_tokens)
    return sum(getattr(batch, name).numel() for name in _TOKENS if hasattr(batch, name))
