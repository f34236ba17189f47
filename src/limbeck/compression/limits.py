"""What the exported models may use, and how several engines share the disk."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from limbeck.core.budget import Budget
from limbeck.core.errors import LimbeckError

# a mix is planned this much below its share, as a forecast may be that much too low
_FORECAST_TOLERANCE = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """A budget, and the bytes of it that knowledge, tokenizer and papers take.

    Raises: LimbeckError: a limit that is not above zero.
    """

    budget: Budget
    reserved_bytes: int = 0
    reserved_for: str = "knowledge, tokenizer and papers"

    def __post_init__(self) -> None:
        for name in ("disk_bytes", "memory_bytes", "latency_ms"):
            value = getattr(self.budget, name)
            if value is not None and not (value > 0 and math.isfinite(value)):
                key = name.partition("_")[0]
                raise LimbeckError(
                    f"a budget of {value} for {key} leaves no room for a model",
                    where=f"budget.{key}",
                    fix=f"write an amount above zero, or leave {key} out for no limit",
                )
        if self.reserved_bytes < 0:
            raise ValueError(f"{self.reserved_bytes} reserved bytes")

    @property
    def room_bytes(self) -> int | None:
        """Return what is left for models on disk, or None for no limit."""
        return None if self.budget.disk_bytes is None else self.budget.disk_bytes - self.reserved_bytes

    def shares(self, least: Mapping[str, int], most: Mapping[str, int]) -> dict[str, int] | None:
        """Divide the room among engines: each gets its smallest export, and the rest goes by how much it can use.

        Args:
            least: bytes of each engine's smallest export.
            most: bytes of each engine's largest.
        Returns: bytes each mix may take; None without a disk limit or where all the largest fit anyway.
        """
        if self.room_bytes is None or sum(most.values()) <= self.room_bytes:
            return None
        spare = max(0, self.room_bytes - sum(least.values()))
        appetite = sum(most.values()) - sum(least.values()) or 1
        wanted = {name: least[name] + spare * (most[name] - least[name]) // appetite for name in least}
        return {name: int(size * (1 - _FORECAST_TOLERANCE)) for name, size in wanted.items()}
