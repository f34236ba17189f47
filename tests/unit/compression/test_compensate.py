"""Rounding with what is known of the inputs loses less of the outputs, and is as it was without."""

import numpy as np
import pytest

from limbeck.compression.methods import compensate, quantise
from limbeck.compression.quantised_tensor import QuantisedTensor, dense
from limbeck.compression.rounding import Rounding


@pytest.fixture
def weight_OI():
    return (np.random.default_rng(0).standard_normal((48, 96)) * 0.1).astype(np.float32)


@pytest.fixture
def moments_II():
    """Inputs that go together, some of them strong."""
    rng = np.random.default_rng(1)
    inputs_NI = rng.standard_normal((400, 24)) @ rng.standard_normal((24, 96)) * np.geomspace(10, 0.1, 96)
    return (inputs_NI.T @ inputs_NI / len(inputs_NI)).astype(np.float32)


def lost(weight_OI, tensor, moments_II):
    rest_OI = (weight_OI - dense(tensor)).astype(np.float64)
    return np.einsum("oi,ij,oj->", rest_OI, moments_II, rest_OI)


@pytest.mark.parametrize("kind", ["q4", "q8"])
def test_the_outputs_lose_much_less(weight_OI, moments_II, kind):
    nearest = quantise.compress(weight_OI, kind)
    found = compensate.compress(weight_OI, kind, moments_II)
    assert lost(weight_OI, found, moments_II) < 0.3 * lost(weight_OI, nearest, moments_II)
    assert found.bits == nearest.bits
    assert np.array_equal(found.codes_OI, compensate.compress(weight_OI, kind, moments_II).codes_OI)


def test_inputs_that_count_alike_give_nearly_the_nearest_codes(weight_OI):
    found = compensate.compress(weight_OI, "q4", np.eye(96, dtype=np.float32))
    nearest = quantise.compress(weight_OI, "q4")
    assert lost(weight_OI, found, np.eye(96)) <= 1.001 * lost(weight_OI, nearest, np.eye(96))


def test_inputs_never_seen_break_nothing(weight_OI, moments_II):
    moments_II[:40] = moments_II[:, :40] = 0
    for moments in (moments_II, np.zeros_like(moments_II)):
        found = compensate.compress(weight_OI, "q4", moments)
        assert isinstance(found, QuantisedTensor)
        assert np.isfinite(dense(found)).all()


def test_a_rounding_compensates_what_it_knows_and_only_at_4_bits(weight_OI, moments_II):
    weights = {"known": weight_OI, "unknown": weight_OI, "vector": weight_OI[0]}
    rounding = Rounding(moments={"known": moments_II})
    assert (rounding.name, Rounding().name) == ("compensated", "nearest")
    q4 = rounding.tensors(weights, {"known": "q4", "unknown": "q4", "vector": "f32"})
    nearest = quantise.compress(weight_OI, "q4")
    assert np.array_equal(q4["unknown"].codes_OI, nearest.codes_OI)
    assert not np.array_equal(q4["known"].codes_OI, nearest.codes_OI)
    assert np.array_equal(q4["vector"], weight_OI[0])
    q8 = rounding.tensor("known", weight_OI, "q8")
    assert np.array_equal(q8.codes_OI, quantise.compress(weight_OI, "q8").codes_OI)
    assert rounding.tensor("known", weight_OI, "f16").dtype == np.float16
