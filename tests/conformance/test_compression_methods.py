"""Every file in compression/methods that rounds weights: repeatable, close, and exact on what it wrote itself."""

import numpy as np
import pytest

from limbeck.compression.quantised_tensor import QuantisedTensor, dense
from limbeck.core.family import Family

METHODS = Family(package="limbeck.compression.methods", noun="compression method")
# relative root-mean-square error of normal weights that a type may cost
MOST_ERROR = {"q8": 0.006, "q4": 0.09}

pytestmark = pytest.mark.parametrize("name", METHODS.names())


def weight(seed):
    rng = np.random.default_rng(seed)
    rows, groups = int(rng.integers(1, 70)), int(rng.integers(1, 6))
    return (rng.standard_normal((rows, 32 * groups)) * 10.0 ** rng.integers(-3, 2)).astype(np.float32)


def test_has_a_summary(name):
    assert METHODS.summary(name).endswith(".")


def test_is_repeatable_and_leaves_its_input_alone(name):
    method = METHODS.load(name)
    for kind in method.TYPES:
        original = weight(0)
        kept = original.copy()
        first, second = method.compress(original, kind), method.compress(original, kind)
        assert np.array_equal(original, kept)
        assert np.array_equal(first.codes_OI, second.codes_OI)
        assert np.array_equal(first.scales_OG, second.scales_OG)


def test_stays_within_the_error_of_its_type(name):
    method = METHODS.load(name)
    for kind in method.TYPES:
        for seed in range(25):
            original = weight(seed)
            rest = dense(method.compress(original, kind)) - original
            assert np.sqrt((rest**2).mean() / (original**2).mean()) < MOST_ERROR[kind]


def test_rounding_twice_costs_next_to_nothing(name):
    method = METHODS.load(name)
    for kind in method.TYPES:
        for seed in range(10):
            once = dense(method.compress(weight(seed), kind))
            twice = dense(method.compress(once, kind))
            assert ((twice - once) ** 2).mean() < 0.05 * MOST_ERROR[kind] ** 2 * (once**2).mean()


def test_a_matrix_that_does_not_split_stays_fp16(name):
    method = METHODS.load(name)
    for kind in method.TYPES:
        stored = method.compress(np.ones((3, 33), np.float32), kind)
        assert not isinstance(stored, QuantisedTensor)
        assert stored.dtype == np.float16
