import numpy as np
import pytest

from limbeck.compression.divergence import bootstrap_interval, compare, kl_divergences


def scores(seed=0, shape=(40, 17)):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32) * 3


def test_equal_scores_up_to_a_constant_have_no_divergence():
    full = scores()
    seen = compare(full, full + np.float32(7))
    assert seen.mean < 1e-9
    assert seen.same_top1 == 1.0


def test_rounding_never_makes_it_negative():
    for seed in range(50):
        full = scores(seed)
        assert (kl_divergences(full, full + np.float32(0.3)) >= 0).all()


def test_equals_the_definition():
    chance, other = np.array([[0.5, 0.25, 0.25]]), np.array([[0.25, 0.5, 0.25]])
    expected = 0.5 * np.log(2) + 0.25 * np.log(0.5)
    assert kl_divergences(np.log(chance), np.log(other))[0] == pytest.approx(expected)


def test_huge_scores_do_not_overflow():
    full = np.array([[1e4, -1e4, 0]], np.float32)
    assert kl_divergences(full, full)[0] == 0.0
    assert np.isfinite(kl_divergences(full, full[:, ::-1])).all()


def test_minus_infinity_is_probability_zero():
    full = np.array([[0.0, 0.0, -np.inf]], np.float32)
    even = np.zeros((1, 3), np.float32)
    assert kl_divergences(full, even)[0] == pytest.approx(np.log(1.5))
    assert np.isinf(kl_divergences(even, full)[0])
    assert compare(even, full).high == np.inf


def test_interval_holds_the_mean_and_is_repeatable():
    full, small = scores(), scores() + 0.3 * scores(1)
    seen = compare(full, small)
    assert seen.low < seen.mean < seen.high
    assert compare(full, small).low == seen.low
    assert compare(full, small, seed=1).low != seen.low


def test_interval_covers_the_true_mean_about_95_times_in_100():
    hits = 0
    for seed in range(200):
        low, high = bootstrap_interval(np.random.default_rng(seed).normal(1.0, 1.0, 60))
        hits += low <= 1.0 <= high
    assert 178 <= hits <= 199


def test_same_top1_counts_rows():
    full = np.eye(4, dtype=np.float32)
    small = full.copy()
    small[0] = small[1]
    assert compare(full, small).same_top1 == 0.75


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_broken_scores_are_refused(bad):
    small = scores()
    small[3, 2] = bad
    with pytest.raises(ValueError, match="NaN"):
        compare(scores(), small)


def test_shapes_must_match_and_prompts_exist():
    with pytest.raises(ValueError, match="do not match"):
        compare(scores(), scores(shape=(40, 16)))
    with pytest.raises(ValueError, match="no prompts"):
        compare(scores(shape=(0, 5)), scores(shape=(0, 5)))
