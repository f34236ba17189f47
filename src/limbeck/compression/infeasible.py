"""Say why no export fits: the constraint that binds, the nearest budget that would do, what to relax."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from limbeck.compression.candidates import Candidate
from limbeck.compression.limits import Limits
from limbeck.compression.selection import Selection, combinations, engines_of, total_bytes
from limbeck.compression.trial import Trial
from limbeck.core.budget import Constraint, Usage, compare
from limbeck.core.errors import GateError
from limbeck.core.units import format_bytes

# measured again, memory and time differ a little: suggest enough for the next run to pass
_HEADROOM = {"disk": 1.001, "memory": 1.05, "latency": 1.1}
_RELAX = {
    "disk": "take a smaller model, less knowledge or fewer engines",
    "memory": "name an engine that needs less, or take a smaller model",
    "latency": "use a faster machine, or take a smaller model",
}


def too_small_for_any(
    smallest: Sequence[Candidate], limits: Limits, weights: Mapping[str, npt.NDArray[np.float32]]
) -> GateError | None:
    """Return the error where even the smallest forecasts exceed the disk budget; nothing was exported."""
    needed_bytes = limits.reserved_bytes + sum(candidate.forecast_bytes for candidate in smallest)
    if limits.budget.disk_bytes is None or needed_bytes <= limits.budget.disk_bytes:
        return None
    parts = [f"{candidate.label} {format_bytes(candidate.forecast_bytes)}" for candidate in smallest]
    if limits.reserved_bytes:
        parts.append(f"{limits.reserved_for} {format_bytes(limits.reserved_bytes)}")
    what = (
        f"the disk budget of {format_bytes(limits.budget.disk_bytes)} is too small: the least that works is "
        f"{format_bytes(needed_bytes)} ({', '.join(parts)}; {_largest(weights)})"
    )
    return GateError(what, where="budget.disk", fix=_fix({"disk": needed_bytes}))


def none_fits(trials: Sequence[Trial], limits: Limits) -> GateError:
    """Return the error for exports that were measured and all miss the budget."""
    nearest = _nearest(trials, limits)
    if nearest is None:
        broken = ", ".join(trial.candidate.label for trial in trials if trial.result is not None)
        fix = "lower the weights' range: train with weight decay, or choose another engine"
        return GateError(f"no engine gives finite scores for its exports: {broken}", where="engines", fix=fix)
    missed = [constraint for constraint in compare(_usage(nearest, limits), limits.budget) if not constraint.met]
    labels = " + ".join(trial.candidate.label for trial in nearest)
    what = f"no export keeps to the budget; the nearest is {labels}: {', '.join(map(Constraint.describe, missed))}"
    where = ", ".join(f"budget.{constraint.name}" for constraint in missed)
    return GateError(what, where=where, fix=_fix({constraint.name: constraint.used for constraint in missed}))


def suggest(name: str, used: float) -> str:
    """Write a limit that `used` keeps to, two digits, rounded up: `6.2 MB`, `13 ms/token`."""
    wanted = used * _HEADROOM[name]
    if name == "latency":
        return f"{_round_up(wanted):g} ms/token"
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if wanted >= scale:
            return f"{_round_up(wanted / scale):g} {unit}"
    return f"{math.ceil(wanted)} B"


def _round_up(value: float) -> float:
    step = 10.0 ** (math.floor(math.log10(value)) - 1) if value > 0 else 1.0
    return float(f"{math.ceil(value / step) * step:.6g}")


def _fix(needed: Mapping[str, float]) -> str:
    lines = ", ".join(f'{name} = "{suggest(name, used)}"' for name, used in needed.items())
    ways = "; or ".join(_RELAX[name] for name in needed)
    return f"the nearest feasible budget is {lines}; or {ways}"


def _nearest(trials: Sequence[Trial], limits: Limits) -> Selection | None:
    """Return the combination whose worst use of a limit is the smallest."""
    working = [trial for trial in trials if trial.works]

    def worst_share(selection: Selection) -> tuple[float, int]:
        shares = [constraint.share or 0.0 for constraint in compare(_usage(selection, limits), limits.budget)]
        return max(shares), total_bytes(selection)

    return min(combinations(working, engines_of(trials)), key=worst_share, default=None)


def _usage(selection: Selection, limits: Limits) -> Usage:
    seen = [trial.measured.measurement for trial in selection]
    return Usage(
        disk_bytes=limits.reserved_bytes + total_bytes(selection),
        memory_bytes=max(measurement.peak_memory_bytes for measurement in seen),
        latency_ms=max(measurement.latency_ms for measurement in seen),
    )


def _largest(weights: Mapping[str, npt.NDArray[np.float32]]) -> str:
    name = max(weights, key=lambda name: weights[name].size)
    share = weights[name].size / sum(weight.size for weight in weights.values())
    return f"{share:.0%} of the weights are {name}"
