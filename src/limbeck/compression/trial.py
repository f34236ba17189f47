"""One candidate as exported and measured, and what stands in its way."""

from dataclasses import dataclass

from limbeck.compression.candidates import Candidate
from limbeck.compression.divergence import Divergence
from limbeck.compression.export_format import Measurement
from limbeck.compression.limits import Limits

NOT_EXPORTED = "its forecast does not fit the disk budget beside the smallest of the other engines"
OVER_DISK = "does not fit the disk budget"
BROKEN = "its scores are not finite numbers"
OVER_MEMORY = "over the memory budget"
OVER_LATENCY = "over the latency budget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What an exported candidate came to; `divergence` is None where it wrote NaN."""

    actual_bytes: int
    measurement: Measurement
    divergence: Divergence | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A candidate and its result; None where it was not exported."""

    candidate: Candidate
    result: Result | None = None

    @property
    def measured(self) -> Result:
        """Return the result of a candidate known to be exported."""
        assert self.result is not None, self.candidate.label
        return self.result

    @property
    def kl(self) -> float:
        """Return the mean KL of a candidate known to work."""
        assert self.measured.divergence is not None, self.candidate.label
        return self.measured.divergence.mean

    @property
    def works(self) -> bool:
        """Tell whether it was exported and writes sensible scores."""
        return self.result is not None and self.result.divergence is not None

    def obstacle(self, limits: Limits) -> str | None:
        """Say why it can never be chosen under these limits, whatever the other engines take."""
        if self.result is None:
            return NOT_EXPORTED
        if self.result.divergence is None:
            return BROKEN
        seen, budget = self.result.measurement, limits.budget
        if budget.memory_bytes is not None and seen.peak_memory_bytes > budget.memory_bytes:
            return OVER_MEMORY
        if budget.latency_ms is not None and seen.latency_ms > budget.latency_ms:
            return OVER_LATENCY
        return None
