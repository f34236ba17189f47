"""How much one request may ask for, and how many may wait."""

from dataclasses import dataclass

from limbeck.core.errors import UsageError

MAX_STOPS = 4
MAX_TEXTS = 64
MAX_ROWS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of a server.

    `body_bytes` is the longest request, `num_waiting` how many wait beside the one that runs, `deadline_s` the time
    from arrival to the last byte, waiting included.
    Raises: UsageError: a bound that lets nothing through.
    """

    body_bytes: int = 1_000_000
    num_waiting: int = 32
    deadline_s: float = 60.0

    def __post_init__(self) -> None:
        if self.num_waiting < 1 or self.deadline_s <= 0 or self.body_bytes < 1:
            raise UsageError("the limits let nothing through", fix="give a queue and a deadline above 0")
