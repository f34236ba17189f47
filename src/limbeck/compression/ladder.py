"""The measured exports of each engine, largest first, and what a megabyte buys between neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from limbeck.compression.divergence import Divergence
from limbeck.compression.plan import Plan
from limbeck.compression.trial import Trial

_MEGABYTE = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One measured export.

    Args:
        size_bytes: of its files.
        divergence: from the full model; None where it scored NaN.
        kl_per_mb: the shadow price: by how many nats KL falls for each MB more, up to the next larger export;
            None for the largest.
    """

    engine: str
    name: str
    size_bytes: int
    peak_memory_bytes: int
    latency_ms: float
    first_token_ms: float
    divergence: Divergence | None
    kl_per_mb: float | None
    is_chosen: bool


def ladder(plan: Plan) -> tuple[Rung, ...]:
    """Return what was measured, engine by engine."""
    chosen = {trial.candidate.label for trial in plan.chosen or ()}
    found: list[Rung] = []
    for engine in dict.fromkeys(trial.candidate.engine for trial in plan.trials):
        measured = [trial for trial in plan.trials if trial.candidate.engine == engine and trial.result is not None]
        measured.sort(key=_size_bytes, reverse=True)
        prices = _prices(measured)
        found += [
            _rung(trial, prices.get(trial.candidate.label), trial.candidate.label in chosen) for trial in measured
        ]
    return tuple(found)


def _prices(measured: Sequence[Trial]) -> dict[str, float]:
    """Return the slope from each export to the next larger one that works, by label; of equal sizes, the best."""
    best: dict[int, Trial] = {}
    for trial in measured:
        size_bytes = _size_bytes(trial)
        if trial.works and (size_bytes not in best or trial.kl < best[size_bytes].kl):
            best[size_bytes] = trial
    return {
        smaller.candidate.label: (smaller.kl - larger.kl) / (_size_bytes(larger) - _size_bytes(smaller)) * _MEGABYTE
        for larger, smaller in pairwise(best.values())
    }


def _rung(trial: Trial, kl_per_mb: float | None, is_chosen: bool) -> Rung:
    seen = trial.measured.measurement
    return Rung(
        engine=trial.candidate.engine,
        name=trial.candidate.name,
        size_bytes=trial.measured.actual_bytes,
        peak_memory_bytes=seen.peak_memory_bytes,
        latency_ms=seen.latency_ms,
        first_token_ms=seen.first_token_ms,
        divergence=trial.measured.divergence,
        kl_per_mb=kl_per_mb,
        is_chosen=is_chosen,
    )


def _size_bytes(trial: Trial) -> int:
    return trial.measured.actual_bytes
