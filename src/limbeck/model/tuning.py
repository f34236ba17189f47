"""Search for hyper-parameters: trials drawn by Optuna, the worse ones halted early, each decided by its held-out loss.

A trial climbs rungs, each with three times the steps of the one before, and goes on only while it is among the best
third seen there (successive halving). Every draw follows from the seed and the losses so far, so a search that is
started again and finds its finished rungs on disk draws the same trials and ends in the same choice.
Source: Li et al. 2018, https://arxiv.org/abs/1810.05934; sampler and pruner are those of Optuna.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from limbeck.core.errors import Diverged
from limbeck.model.schedule import Schedule

_FACTOR = 3
_MOST_RUNGS = 3
_RANDOM_FIRST = 5
_LEAST_STEPS = 5
_RATE_SPAN = 8.0
_WARMUP = (0.02, 0.2)
_DECAY = (1e-4, 0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One point of the search; `rank` is that of an adapter, None where there is none."""

    learning_rate: float
    per_step: int
    warmup_share: float
    weight_decay: float
    rank: int | None = None


def setting_of(schedule: Schedule, rank: int | None = None) -> Setting:
    """Return the numbers of a schedule as a point of the search."""
    low, high = _WARMUP
    return Setting(
        learning_rate=schedule.learning_rate,
        per_step=schedule.batch_size * schedule.accumulate,
        warmup_share=min(high, max(low, schedule.warmup_steps / schedule.num_steps)),
        weight_decay=schedule.weight_decay,
        rank=rank,
    )


def sizes_around(per_step: int) -> tuple[int, ...]:
    """Return half, the same and twice as many sequences of a step."""
    return tuple(sorted({max(1, per_step // 2), per_step, per_step * 2}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Where to search around a first setting; of one value there is no search."""

    first: Setting
    per_step: tuple[int, ...]
    ranks: tuple[int, ...] = ()
    searches_rate: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A setting and its held-out loss after each rung it climbed, by steps; None where the loss was no number."""

    number: int
    setting: Setting
    losses: tuple[tuple[int, float | None], ...]
    outcome: Literal["finished", "halted", "diverged"]

    def as_json(self) -> dict[str, Any]:
        """Return the trial as plain data."""
        return {
            "number": self.number,
            **asdict(self.setting),
            "losses": [{"steps": steps, "held_out": loss} for steps, loss in self.losses],
            "outcome": self.outcome,
        }


def rungs_of(num_steps: int) -> tuple[int, ...]:
    """Return the steps of each rung: up to three, the last with all the steps."""
    rungs = [num_steps]
    while len(rungs) < _MOST_RUNGS and rungs[0] // _FACTOR >= _LEAST_STEPS:
        rungs.insert(0, rungs[0] // _FACTOR)
    return tuple(rungs)


def search(
    space: Space,
    try_out: Callable[[Setting, int], float],
    *,
    num_trials: int,
    rungs: Sequence[int],
    seed: int,
) -> tuple[Trial, ...]:
    """Run a search; `try_out(setting, steps)` trains from the start and returns the held-out loss.

    The first trial is the setting that would be taken without a search; it climbs to the top, so the choice is never
    worse than it on the held-out text.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        direction="minimize",
        sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=_RANDOM_FIRST),
        pruner=optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=_FACTOR),
    )
    study.enqueue_trial(_as_values(space))
    return tuple(_climb(study, space, try_out, rungs) for _ in range(num_trials))


def best_trial(trials: Sequence[Trial]) -> Trial:
    """Return the finished trial with the lowest loss, the earliest of equals.

    Raises: Diverged: none finished.
    """
    finished = [trial for trial in trials if trial.outcome == "finished"]
    if not finished:
        what = f"none of {len(trials)} trials ended in a number"
        raise Diverged(what, fix="give a lower --rate, or look at the data: `limbeck data` shows where rows went")
    return min(finished, key=lambda trial: (trial.losses[-1][1] or 0.0, trial.number))


def _climb(study: Any, space: Space, try_out: Callable[[Setting, int], float], rungs: Sequence[int]) -> Trial:
    from optuna.trial import TrialState

    asked = study.ask()
    setting = _draw(asked, space)
    losses: list[tuple[int, float | None]] = []

    def end(outcome: Literal["finished", "halted", "diverged"]) -> Trial:
        return Trial(number=asked.number + 1, setting=setting, losses=tuple(losses), outcome=outcome)

    for place, steps in enumerate(rungs):
        loss = try_out(setting, steps)
        if not math.isfinite(loss):
            losses.append((steps, None))
            study.tell(asked, state=TrialState.FAIL)
            return end("diverged")
        losses.append((steps, loss))
        asked.report(loss, _FACTOR**place)
        if place + 1 < len(rungs) and asked.should_prune():
            study.tell(asked, state=TrialState.PRUNED)
            return end("halted")
    study.tell(asked, losses[-1][1])
    return end("finished")


def _draw(trial: Any, space: Space) -> Setting:
    first = space.first
    rate = first.learning_rate
    if space.searches_rate:
        rate = trial.suggest_float("learning_rate", rate / _RATE_SPAN, rate * _RATE_SPAN, log=True)
    return Setting(
        learning_rate=rate,
        per_step=trial.suggest_categorical("per_step", list(space.per_step)),
        warmup_share=trial.suggest_float("warmup_share", *_WARMUP),
        weight_decay=trial.suggest_float("weight_decay", *_DECAY, log=True),
        rank=trial.suggest_categorical("rank", list(space.ranks)) if space.ranks else first.rank,
    )


def _as_values(space: Space) -> dict[str, Any]:
    wanted = {"per_step": True, "warmup_share": True, "weight_decay": True}
    wanted |= {"learning_rate": space.searches_rate, "rank": bool(space.ranks)}
    return {name: value for name, value in asdict(space.first).items() if wanted[name]}
