"""Neighbours of the ladder and what a megabyte buys between them."""

import numpy as np
import pytest

from limbeck.compression.candidates import Candidate
from limbeck.compression.divergence import Divergence
from limbeck.compression.export_format import Measurement
from limbeck.compression.ladder import ladder
from limbeck.compression.limits import Limits
from limbeck.compression.plan import Plan
from limbeck.compression.trial import Result, Trial
from limbeck.core.budget import Budget


def trial(name, size_bytes, kl, engine="a"):
    seen = Measurement(
        peak_memory_bytes=5, latency_ms=1.0, first_token_ms=2.0, logits_NV=np.zeros((1, 2)), tokens_N=((1,),)
    )
    divergence = Divergence(kl_N=np.array([kl]), mean=kl, low=kl, high=kl, same_top1=1.0) if kl is not None else None
    candidate = Candidate(engine=engine, name=name, types={}, forecast_bytes=size_bytes)
    return Trial(candidate=candidate, result=Result(actual_bytes=size_bytes, measurement=seen, divergence=divergence))


def rungs(*trials, chosen=()):
    plan = Plan(trials=trials, chosen=tuple(chosen), limits=Limits(budget=Budget()), num_prompts=1, sensitivity={})
    return ladder(plan)


def test_the_price_is_the_slope_to_the_next_larger_that_works():
    small, large, broken = trial("q4", 2_000_000, 0.5), trial("q8", 4_000_000, 0.1), trial("f16", 9_000_000, None)
    found = rungs(small, broken, large, chosen=[small])
    assert [rung.name for rung in found] == ["f16", "q8", "q4"]
    assert [rung.kl_per_mb for rung in found] == [None, None, pytest.approx(0.2)]
    assert [rung.is_chosen for rung in found] == [False, False, True]


def test_of_equal_sizes_the_better_has_the_price():
    plain, fitted = trial("mixed", 3_000_000, 0.4), trial("mixed-distilled", 3_000_000, 0.2)
    prices = {rung.name: rung.kl_per_mb for rung in rungs(plain, fitted, trial("q8", 5_000_000, 0.0))}
    assert prices == {"q8": None, "mixed": None, "mixed-distilled": pytest.approx(0.1)}


def test_engines_are_apart_and_what_was_not_exported_is_left_out():
    missing = Trial(candidate=Candidate(engine="b", name="f16", types={}, forecast_bytes=1))
    found = rungs(trial("q4", 2, 0.1), missing, trial("q4", 3, 0.1, engine="b"))
    assert [(rung.engine, rung.name, rung.kl_per_mb) for rung in found] == [("a", "q4", None), ("b", "q4", None)]
