import numpy as np
import pytest

from limbeck.compression.limits import Limits
from limbeck.core.budget import Budget
from limbeck.core.errors import LimbeckError


@pytest.mark.parametrize(
    ("budget", "field"),
    [
        (Budget(disk_bytes=0), "budget.disk"),
        (Budget(memory_bytes=-1), "budget.memory"),
        (Budget(latency_ms=0.0), "budget.latency"),
        (Budget(latency_ms=float("nan")), "budget.latency"),
    ],
)
def test_a_budget_that_is_not_above_zero_is_refused(budget, field):
    with pytest.raises(LimbeckError) as caught:
        Limits(budget=budget)
    assert caught.value.where == field


def test_reserved_bytes_are_not_for_models():
    assert Limits(budget=Budget(disk_bytes=100), reserved_bytes=30).room_bytes == 70
    assert Limits(budget=Budget()).room_bytes is None
    with pytest.raises(ValueError, match="reserved"):
        Limits(budget=Budget(), reserved_bytes=-1)


def test_shares_hold_every_smallest_and_never_exceed_the_room():
    rng = np.random.default_rng(0)
    for _ in range(200):
        least = {name: int(rng.integers(1, 10**6)) for name in "abc"}
        most = {name: size + int(rng.integers(0, 10**7)) for name, size in least.items()}
        room_bytes = int(rng.integers(sum(least.values()), sum(most.values()) + 1))
        shares = Limits(budget=Budget(disk_bytes=room_bytes)).shares(least, most)
        if shares is None:
            assert sum(most.values()) <= room_bytes
            continue
        assert sum(shares.values()) <= room_bytes
        assert all(least[name] * 0.998 <= shares[name] <= most[name] for name in least)


def test_no_mix_is_needed_where_everything_fits():
    assert Limits(budget=Budget()).shares({"a": 1}, {"a": 5}) is None
    assert Limits(budget=Budget(disk_bytes=5)).shares({"a": 1}, {"a": 5}) is None
