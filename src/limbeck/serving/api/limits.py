"""How much one request may ask for, and how many may wait."""

from dataclasses import dataclass

from limbeck.core.errors import UsageError

MAX_DEADLINE_S = 86_400
MAX_STOPS = 4
MAX_TEXTS = 64
MAX_ROWS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of a server.

    `body_bytes` is the longest request, `num_waiting` how many wait beside the one that runs, `deadline_s` the time
    from arrival to the last byte, waiting included.
    Raises: UsageError: a bound that lets nothing through, or none.
    """

    body_bytes: int = 1_000_000
    num_waiting: int = 32
    deadline_s: float = 60.0

    def __post_init__(self) -> None:
        if self.num_waiting < 1 or self.body_bytes < 1 or not 0 < self.deadline_s <= MAX_DEADLINE_S:
            fix = f"give a queue above 0, and a deadline above 0 and up to {MAX_DEADLINE_S} seconds"
            raise UsageError("the limits let nothing through, or all", fix=fix)
