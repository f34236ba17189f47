import itertools

import numpy as np
import pytest

from limbeck.compression.candidates import Candidate
from limbeck.compression.divergence import Divergence
from limbeck.compression.export_format import Measurement
from limbeck.compression.infeasible import none_fits, suggest
from limbeck.compression.limits import Limits
from limbeck.compression.selection import reasons, select
from limbeck.compression.trial import Result, Trial
from limbeck.core.budget import Budget
from limbeck.core.units import parse_latency_ms, parse_size_bytes

NO_LIMIT = Limits(budget=Budget())


def trial(name, size_bytes, kl, *, engine="toy", spread=0.01, seed=0, **seen):
    noise = np.random.default_rng(seed).standard_normal(50) * spread * kl
    kl_N = np.maximum(kl + noise - noise.mean(), 0)
    mean = float(kl_N.mean())
    return Trial(
        candidate=Candidate(engine=engine, name=name, types={}, forecast_bytes=size_bytes),
        result=Result(
            actual_bytes=size_bytes,
            measurement=Measurement(
                first_token_ms=1.0,
                **({"peak_memory_bytes": 1000, "latency_ms": 1.0} | seen),
                logits_NV=np.zeros((50, 2), np.float32),
                tokens_N=((1,),) * 50,
            ),
            divergence=Divergence(kl_N=kl_N, mean=mean, low=mean, high=mean, same_top1=1.0),
        ),
    )


def chosen(trials, limits=NO_LIMIT):
    selection = select(trials, limits)
    return selection and tuple(found.candidate.label for found in selection)


def test_the_least_kl_that_fits_wins():
    trials = [trial("q4", 450, 0.2), trial("mixed", 700, 0.05), trial("q8", 850, 0.004)]
    assert chosen(trials) == ("toy q8",)
    assert chosen(trials, Limits(budget=Budget(disk_bytes=849))) == ("toy mixed",)
    assert chosen(trials, Limits(budget=Budget(disk_bytes=1000), reserved_bytes=400)) == ("toy q4",)
    assert chosen(trials, Limits(budget=Budget(disk_bytes=449))) is None


def test_equal_within_noise_takes_the_smaller():
    assert chosen([trial("q8", 850, 0.0004), trial("f16", 1600, 0.0)]) == ("toy q8",)
    noisy = [trial("q4", 450, 0.0505, spread=0.8, seed=1), trial("q8", 850, 0.05, spread=0.8, seed=2)]
    assert chosen(noisy) == ("toy q4",)
    assert chosen([trial("q4", 450, 0.0505), trial("q8", 850, 0.049)]) == ("toy q8",)


def test_few_noisy_prompts_do_not_excuse_a_much_higher_mean():
    trials = [trial("q4", 450, 0.08, spread=3.0, seed=1), trial("q8", 850, 0.05, spread=3.0, seed=2)]
    assert chosen(trials) == ("toy q8",)


def test_memory_and_latency_reject_and_never_rank():
    slow_good, fast_bad = trial("q8", 850, 0.004, latency_ms=20.0), trial("q4", 450, 0.2)
    assert chosen([slow_good, fast_bad]) == ("toy q8",)
    assert chosen([slow_good, fast_bad], Limits(budget=Budget(latency_ms=20.0))) == ("toy q8",)
    assert chosen([slow_good, fast_bad], Limits(budget=Budget(latency_ms=19.9))) == ("toy q4",)
    assert chosen(
        [trial("q8", 850, 0.004, peak_memory_bytes=5000), fast_bad], Limits(budget=Budget(memory_bytes=4999))
    ) == ("toy q4",)


def test_engines_share_the_disk():
    trials = [
        trial("q4", 450, 0.20, engine="a"),
        trial("q8", 850, 0.01, engine="a"),
        trial("q4", 450, 0.30, engine="b"),
        trial("q8", 850, 0.01, engine="b"),
    ]
    assert chosen(trials, Limits(budget=Budget(disk_bytes=1700))) == ("a q8", "b q8")
    assert chosen(trials, Limits(budget=Budget(disk_bytes=1300))) == ("a q4", "b q8")
    assert chosen(trials, Limits(budget=Budget(disk_bytes=899))) is None


def test_never_over_the_disk_budget_and_never_beaten_on_random_problems():
    for seed in range(60):
        rng = np.random.default_rng(seed)
        trials = [
            trial(name, int(rng.integers(100, 900)), float(rng.uniform(0.01, 1)), engine=engine, spread=0.0)
            for engine in "ab"
            for name in ("q4", "q8", "f16")
        ]
        limits = Limits(budget=Budget(disk_bytes=int(rng.integers(300, 1500))))
        pairs = [
            pair
            for pair in itertools.product(trials[:3], trials[3:])
            if sum(found.measured.actual_bytes for found in pair) <= limits.room_bytes
        ]
        selection = select(trials, limits)
        if selection is None:
            assert not pairs
            continue
        assert sum(found.measured.actual_bytes for found in selection) <= limits.room_bytes
        least = min(sum(found.kl for found in pair) for pair in pairs)
        assert sum(found.kl for found in selection) <= least + 0.002


def test_every_candidate_has_its_reason():
    broken = Trial(
        candidate=Candidate(engine="toy", name="f16", types={}, forecast_bytes=1600),
        result=Result(actual_bytes=1600, measurement=trial("x", 1, 0.1).measured.measurement, divergence=None),
    )
    unexported = Trial(candidate=Candidate(engine="toy", name="huge", types={}, forecast_bytes=9999))
    trials = [
        trial("q4", 450, 0.2),
        trial("q8", 850, 0.004),
        trial("q8+", 900, 0.004),
        trial("slow", 800, 0.001, latency_ms=99.0),
        broken,
        unexported,
    ]
    limits = Limits(budget=Budget(latency_ms=50.0))
    why = reasons(trials, select(trials, limits), limits)
    assert why == {
        "toy q4": "a higher KL than q8",
        "toy q8": "the least KL within the budget, or as good within noise and smaller",
        "toy q8+": "no better than q8 beyond noise, and larger",
        "toy slow": "over the latency budget",
        "toy f16": "its scores are not finite numbers",
        "toy huge": "its forecast does not fit the disk budget beside the smallest of the other engines",
    }


def test_the_error_names_what_binds_and_a_budget_that_works():
    trials = [trial("q4", 4_130_000, 0.2, latency_ms=3.2), trial("q8", 8_000_000, 0.1)]
    limits = Limits(budget=Budget(disk_bytes=4_000_000, latency_ms=3.0), reserved_bytes=1_000_000)
    error = none_fits(trials, limits)
    assert "the nearest is toy q4: disk 5.13 MB of 4 MB, latency 3.2 ms/token of 3 ms/token" in error.what
    assert error.where == "budget.disk, budget.latency"
    assert 'disk = "5.2 MB", latency = "3.6 ms/token"' in str(error.fix)
    assert error.exit_code == 3


def test_only_broken_exports_are_told_apart():
    broken = Trial(
        candidate=Candidate(engine="toy", name="f16", types={}, forecast_bytes=1600),
        result=Result(actual_bytes=1600, measurement=trial("x", 1, 0.1).measured.measurement, divergence=None),
    )
    assert "no engine gives finite scores for its exports: toy f16" in none_fits([broken], NO_LIMIT).what


@pytest.mark.parametrize("used", [1, 999, 1000, 99_950, 6_120_000, 6_199_999, 99_999_999, 123_456_789, 9_990_000_000])
def test_a_suggested_size_is_enough_and_not_much_more(used):
    for name, headroom in (("disk", 1.001), ("memory", 1.05)):
        suggested = parse_size_bytes(suggest(name, used))
        assert used <= suggested <= max(used * headroom * 1.11, used + 2)


@pytest.mark.parametrize("used", [0.02, 0.97, 3.2, 12.0, 999.0])
def test_a_suggested_latency_is_enough(used):
    assert used * 1.1 <= parse_latency_ms(suggest("latency", used)) * (1 + 1e-9) <= used * 1.25
