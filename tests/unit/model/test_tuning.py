"""The search on a known landscape: what it finds, what it halts, and that it is the same every time."""

import math
from dataclasses import replace

import pytest

from limbeck.core.errors import Diverged
from limbeck.model.tuning import Setting, Space, Trial, best_trial, rungs_of, search

FIRST = Setting(learning_rate=1e-4, per_step=8, warmup_share=0.05, weight_decay=0.01)
SPACE = Space(first=FIRST, per_step=(8, 16, 32))


def valley(setting: Setting, steps: int) -> float:
    """Lowest at a rate of 4e-4 and 16 sequences a step; a rate above 6e-4 diverges."""
    if setting.learning_rate > 6e-4:
        return math.inf
    off = abs(math.log(setting.learning_rate / 4e-4)) + 0.2 * abs(setting.per_step - 16) / 8
    return 2.0 + off + 10.0 / steps


def test_rungs_have_three_times_the_steps() -> None:
    assert rungs_of(900) == (100, 300, 900)
    assert rungs_of(40) == (13, 40)
    assert rungs_of(6) == (6,)


def test_a_search_betters_the_first_setting_and_halts_the_worse() -> None:
    asked: list[int] = []

    def count(setting: Setting, steps: int) -> float:
        asked.append(steps)
        return valley(setting, steps)

    trials = search(SPACE, count, num_trials=24, rungs=(10, 30, 90), seed=0)
    best = best_trial(trials)
    assert trials[0].setting == FIRST
    assert trials[0].outcome == "finished"
    assert best.losses[-1][1] < trials[0].losses[-1][1] - 0.5
    assert {trial.outcome for trial in trials} == {"finished", "halted", "diverged"}
    assert asked.count(10) == 24
    assert asked.count(90) < 12
    assert all(trial.losses[-1] == (10, None) for trial in trials if trial.outcome == "diverged")


def test_a_search_is_the_same_every_time_and_another_with_another_seed() -> None:
    once, again, other = (search(SPACE, valley, num_trials=10, rungs=(5, 15), seed=seed) for seed in (3, 3, 4))
    assert once == again
    assert once != other


def test_ranks_are_searched_and_a_given_rate_is_not() -> None:
    space = Space(first=replace(FIRST, rank=8), per_step=(8,), ranks=(4, 8, 16), searches_rate=False)
    trials = search(space, lambda setting, steps: 1.0 / (setting.rank or 1), num_trials=8, rungs=(5,), seed=0)
    assert best_trial(trials).setting.rank == 16
    assert {trial.setting.learning_rate for trial in trials} == {1e-4}


def test_a_search_in_which_all_diverge_says_so() -> None:
    trials = search(SPACE, lambda setting, steps: math.nan, num_trials=3, rungs=(5,), seed=0)
    with pytest.raises(Diverged, match="none of 3 trials ended in a number"):
        best_trial(trials)


def test_the_earliest_of_equals_is_chosen() -> None:
    trials = [Trial(number=n, setting=FIRST, losses=((5, 1.0),), outcome="finished") for n in (1, 2)]
    assert best_trial(trials).number == 1
