import itertools
import time

import numpy as np
import pytest

from limbeck.compression import allocation
from limbeck.compression.allocation import Choice, allocate

TYPES = ("q4", "q8", "f16")


def random_choices(rng, count, *, step=1):
    return {
        f"t{index}": [
            Choice(type=kind, size_bytes=int(rng.integers(0, 40)) * step, loss=float(rng.integers(0, 30)) / 7)
            for kind in TYPES[: rng.integers(1, 4)]
        ]
        for index in range(count)
    }


def totals(choices, chosen):
    picked = [next(option for option in choices[name] if option.type == kind) for name, kind in chosen.items()]
    return sum(option.size_bytes for option in picked), sum(option.loss for option in picked)


def best_by_force(choices, limit_bytes):
    found = [
        (sum(option.loss for option in picked), sum(option.size_bytes for option in picked))
        for picked in itertools.product(*choices.values())
    ]
    return min(((loss, size) for loss, size in found if size <= limit_bytes), default=None)


def test_equals_brute_force_on_random_problems():
    infeasible = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        choices = random_choices(rng, rng.integers(1, 7), step=int(rng.integers(1, 5)) * 16)
        limit_bytes = int(rng.integers(0, 60 * 40))
        chosen, expected = allocate(choices, limit_bytes), best_by_force(choices, limit_bytes)
        if expected is None:
            infeasible += 1
            assert chosen is None
            continue
        size_bytes, loss = totals(choices, chosen)
        assert size_bytes <= limit_bytes
        assert loss == pytest.approx(expected[0], abs=1e-9)
    assert 10 < infeasible < 290


def test_equal_losses_take_the_fewer_bytes():
    options = [Choice(type="f16", size_bytes=64, loss=0.0), Choice(type="q4", size_bytes=18, loss=0.0)]
    assert allocate({"a": options, "b": options}, 1000) == {"a": "q4", "b": "q4"}


def test_the_limit_itself_is_allowed_and_one_byte_less_is_not():
    choices = {"a": [Choice(type="q4", size_bytes=18, loss=1.0), Choice(type="q8", size_bytes=34, loss=0.0)]}
    assert allocate(choices, 34) == {"a": "q8"}
    assert allocate(choices, 33) == {"a": "q4"}
    assert allocate(choices, 17) is None
    assert allocate(choices, -5) is None


def test_nothing_to_allocate_is_an_empty_answer():
    assert allocate({}, 10) == {}


def test_thinned_fronts_never_exceed_the_limit(monkeypatch):
    monkeypatch.setattr(allocation, "_LARGEST_FRONT", 50)
    for seed in range(60):
        rng = np.random.default_rng(seed)
        choices = random_choices(rng, 6, step=97)
        limit_bytes = int(rng.integers(100, 20_000))
        chosen = allocate(choices, limit_bytes)
        if chosen is not None:
            assert totals(choices, chosen)[0] <= limit_bytes


def test_two_hundred_tensors_are_quick():
    rng = np.random.default_rng(0)
    shapes = rng.integers(1, 40, 5) * 16_384
    choices = {
        f"t{index}": [
            Choice(type="q4", size_bytes=0, loss=float(rng.random())),
            Choice(type="q8", size_bytes=int(shapes[index % 5]) // 2, loss=float(rng.random()) / 100),
            Choice(type="f16", size_bytes=int(shapes[index % 5] * 23) // 16, loss=0.0),
        ]
        for index in range(200)
    }
    started = time.process_time()
    assert allocate(choices, 30_000_000) is not None
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "options", [[], [Choice(type="q4", size_bytes=-1, loss=0.0)], [Choice(type="q4", size_bytes=1, loss=float("nan"))]]
)
def test_choices_that_make_no_sense_are_refused(options):
    with pytest.raises(ValueError, match="'a'"):
        allocate({"a": options}, 10)
