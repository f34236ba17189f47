"""One number of a report: its value, what it was held against, and how sure it is."""

import math
from dataclasses import asdict, dataclass
from typing import Literal

Bound = Literal["at least", "at most"]
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A value with its unit; `low` and `high` are its 95 % interval, `n` what it was taken from.

    `value` is None where there was nothing to measure; `met` is None where no bar was set.
    """

    name: str
    value: float | None
    unit: str
    bar: float | None = None
    bound: Bound = "at least"
    n: int | None = None
    low: float | None = None
    high: float | None = None

    @property
    def met(self) -> bool | None:
        """Tell whether the value reaches its bar."""
        if self.bar is None:
            return None
        if self.value is None:
            return False
        return self.value >= self.bar if self.bound == "at least" else self.value <= self.bar

    def to_json(self) -> dict[str, object]:
        """Return the row as it stands in a report."""
        return {**asdict(self), "met": self.met}


def share(name: str, hits: int, n: int, *, bar: float | None = None) -> Measurement:
    """Measure a share of `n` with its Wilson interval; None of none."""
    if n == 0:
        return Measurement(name=name, value=None, unit="share", bar=bar, n=0)
    low, high = wilson(hits, n)
    return Measurement(name=name, value=hits / n, unit="share", bar=bar, n=n, low=low, high=high)


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of hits / n.

    Source: Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953
    """
    if not 0 <= hits <= n or n == 0:
        raise ValueError(f"{hits} of {n} is not a share")
    rate, spread = hits / n, _Z * _Z / n
    centre = (rate + spread / 2) / (1 + spread)
    margin = _Z * math.sqrt(rate * (1 - rate) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, centre - margin), min(1.0, centre + margin)
