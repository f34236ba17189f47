import json
import os
import time
from pathlib import Path

import numpy as np
import pytest

from limbeck.compression.methods.quantise import as_float16, compress, round_to_nearest
from limbeck.compression.quantised_tensor import QuantisedTensor, dense

GOLDEN = Path(__file__).parents[2] / "golden" / "quantise.json"


def weight(seed=0, shape=(48, 96), spread=0.05):
    return (np.random.default_rng(seed).standard_normal(shape) * spread).astype(np.float32)


def plain_error(weight_OI, bits):
    """Squared error of the textbook rule: the largest weight lands on the last code."""
    groups = weight_OI.reshape(-1, 32)
    peaks = np.take_along_axis(groups, np.abs(groups).argmax(axis=1)[:, None], axis=1)
    low, high, landing = (-8, 7, -8) if bits == 4 else (-127, 127, 127)
    scales = (peaks / landing).astype(np.float16).astype(np.float32)
    codes = np.clip(np.rint(groups / np.where(scales == 0, 1, scales)), low, high)
    return float(((codes * scales - groups) ** 2).sum())


@pytest.mark.parametrize("bits", [4, 8])
def test_search_is_never_worse_than_the_textbook_rule_in_total(bits):
    for seed in range(20):
        original = weight(seed, spread=10.0 ** (seed % 7 - 4))
        error = float(((round_to_nearest(original, bits).dequantise() - original) ** 2).sum())
        assert error <= plain_error(original, bits) * (1 + 1e-6)


def test_search_takes_a_tenth_off_the_error_at_4_bits():
    original = weight(3, (512, 512))
    error = float(((round_to_nearest(original, 4).dequantise() - original) ** 2).sum())
    assert error < 0.92 * plain_error(original, 4)


def test_a_positive_peak_gets_a_negative_scale_and_the_code_minus_8():
    row = np.zeros((1, 32), np.float32)
    row[0, 5] = 1.0
    quantised = round_to_nearest(row, 4)
    assert quantised.dequantise()[0, 5] == 1.0
    assert quantised.scales_OG[0, 0] < 0
    assert quantised.codes_OI[0, 5] == -8


@pytest.mark.parametrize("bits", [4, 8])
def test_what_is_already_rounded_comes_back_exactly(bits):
    rng = np.random.default_rng(4)
    low, high = (-8, 7) if bits == 4 else (-127, 127)
    codes = rng.integers(low, high + 1, (16, 64)).astype(np.int8)
    codes[:, ::32] = low
    scales = (2.0 ** rng.integers(-8, 0, (16, 2))).astype(np.float16)
    original = QuantisedTensor(codes_OI=codes, scales_OG=scales, bits=bits).dequantise()
    assert np.array_equal(round_to_nearest(original, bits).dequantise(), original)


def test_zeros_stay_zeros_and_tiny_weights_do_not_divide_by_zero():
    assert not round_to_nearest(np.zeros((2, 32), np.float32), 4).dequantise().any()
    tiny = np.full((1, 32), 1e-12, np.float32)
    assert not round_to_nearest(tiny, 4).scales_OG.any()


def test_one_large_weight_does_not_disturb_other_groups():
    original = weight(5)
    spoiled = original.copy()
    spoiled[0, 0] = 1000.0
    before, after = round_to_nearest(original, 4), round_to_nearest(spoiled, 4)
    assert np.array_equal(before.dequantise()[0, 32:], after.dequantise()[0, 32:])
    assert np.array_equal(before.dequantise()[1:], after.dequantise()[1:])


def test_an_odd_width_stays_fp16():
    stored = compress(weight(shape=(4, 33)), "q4")
    assert isinstance(stored, np.ndarray)
    assert stored.dtype == np.float16


def test_an_empty_matrix_is_no_error():
    assert round_to_nearest(np.zeros((0, 32), np.float32), 4).shape == (0, 32)
    assert as_float16(np.zeros((0, 3), np.float32)).shape == (0, 3)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e9])
def test_weights_no_scale_can_hold_are_refused(value):
    original = weight()
    original[3, 3] = value
    with pytest.raises(ValueError, match="does not fit"):
        compress(original, "q4")
    with pytest.raises(ValueError, match="does not fit fp16"):
        as_float16(original)


def test_vectors_and_unknown_types_are_refused():
    with pytest.raises(ValueError, match="only matrices"):
        compress(np.ones(32, np.float32), "q8")
    with pytest.raises(ValueError, match="'f32' is not one of q8, q4"):
        compress(weight(), "f32")


def test_six_million_weights_take_under_two_seconds():
    large = weight(shape=(6000, 1024))
    started = time.process_time()
    compress(large, "q4")
    assert time.process_time() - started < 2


def test_numbers_equal_the_golden_file():
    original = weight(7, (2, 64))
    written = {"weight": [[float(f"{value:.9g}") for value in row] for row in original.tolist()]}
    for kind in ("q8", "q4"):
        stored = compress(original, kind)
        written[kind] = {
            "codes": stored.codes_OI.tolist(),
            "scales": stored.scales_OG.astype(float).tolist(),
            "squared_error": float(f"{((dense(stored) - original) ** 2).sum():.6g}"),
        }
    if os.environ.get("LIMBECK_UPDATE_GOLDEN") == "1":
        GOLDEN.write_text(json.dumps(written) + "\n", encoding="utf-8")
    assert written == json.loads(GOLDEN.read_text(encoding="utf-8"))
