"""Choose one export per engine: least KL within the budget, and the smaller of two that are equally good."""

import itertools
from collections.abc import Iterable, Mapping, Sequence

from limbeck.compression.divergence import bootstrap_interval
from limbeck.compression.limits import Limits
from limbeck.compression.trial import OVER_DISK, Trial

# A thousandth of a nat: the chance given to the right token changes by about 0.1 %.
NEGLIGIBLE_KL = 1e-3
# Few prompts make any difference look like noise, so two exports are also held apart where their means are.
_CLOSE_SHARE = 0.1

Selection = tuple[Trial, ...]


def select(trials: Sequence[Trial], limits: Limits) -> Selection | None:
    """Return one trial per engine, or None where no combination keeps to the limits.

    Least summed KL first; among combinations whose every export is as good as the best one's within
    noise, the fewest bytes. Never looks at a time or a memory size except to reject it.
    """
    fitting = [trial for trial in trials if trial.obstacle(limits) is None]
    room_bytes = limits.room_bytes
    allowed = [
        selection
        for selection in combinations(fitting, engines_of(trials))
        if room_bytes is None or total_bytes(selection) <= room_bytes
    ]
    if not allowed:
        return None
    best = min(allowed, key=lambda selection: (_total_kl(selection), total_bytes(selection)))
    as_good = [selection for selection in allowed if all(map(equally_good, selection, best))]
    return min(as_good, key=lambda selection: (total_bytes(selection), _total_kl(selection)))


def engines_of(trials: Iterable[Trial]) -> tuple[str, ...]:
    """Return the engine names in the order they first appear."""
    return tuple(dict.fromkeys(trial.candidate.engine for trial in trials))


def combinations(trials: Sequence[Trial], engines: Sequence[str]) -> Iterable[Selection]:
    """Yield every way to take one trial for each engine."""
    return itertools.product(*([trial for trial in trials if trial.candidate.engine == name] for name in engines))


def total_bytes(selection: Selection) -> int:
    """Return what the exports take on disk together."""
    return sum(trial.measured.actual_bytes for trial in selection)


def equally_good(trial: Trial, other: Trial) -> bool:
    """Tell whether a trial is no worse than another: by a negligible KL, or by a tenth that is within the noise."""
    mine, theirs = trial.measured.divergence, other.measured.divergence
    assert mine is not None and theirs is not None
    excess_N = mine.kl_N - theirs.kl_N
    excess = float(excess_N.mean())
    return excess < NEGLIGIBLE_KL or (excess < _CLOSE_SHARE * theirs.mean and bootstrap_interval(excess_N)[0] <= 0)


def reasons(trials: Sequence[Trial], chosen: Selection | None, limits: Limits) -> dict[str, str]:
    """Say for every candidate, by label, why it was chosen or rejected."""
    winners = {trial.candidate.engine: trial for trial in chosen or ()}
    return {trial.candidate.label: _reason(trial, winners, limits) for trial in trials}


def _reason(trial: Trial, winners: Mapping[str, Trial], limits: Limits) -> str:
    obstacle = trial.obstacle(limits)
    if obstacle:
        return obstacle
    winner = winners.get(trial.candidate.engine)
    if winner is None:
        return "no combination with the other engines keeps to the disk budget"
    if trial is winner:
        return "the least KL within the budget, or as good within noise and smaller"
    beside = sum(other.measured.actual_bytes for name, other in winners.items() if name != winner.candidate.engine)
    if limits.room_bytes is not None and trial.measured.actual_bytes + beside > limits.room_bytes:
        return OVER_DISK + (" beside the exports chosen for the other engines" if beside else "")
    if trial.measured.actual_bytes >= winner.measured.actual_bytes:
        return f"no better than {winner.candidate.name} beyond noise, and larger"
    return f"a higher KL than {winner.candidate.name}"


def _total_kl(selection: Selection) -> float:
    return sum(trial.kl for trial in selection)
