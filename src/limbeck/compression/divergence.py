"""How far a small model's next-token scores are from the full model's, with its uncertainty.

N = prompts, V = vocabulary. KL in nats, of the full model against the small one.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_RESAMPLES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """The KL of every prompt, its mean with a 95 % bootstrap interval, and the share of equal first choices."""

    kl_N: npt.NDArray[np.float64]
    mean: float
    low: float
    high: float
    same_top1: float


def kl_divergences(full_NV: npt.NDArray[np.float32], small_NV: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return the KL of each row; scores count up to a constant, and -inf is probability zero.

    Raises: ValueError: shapes differ, or a row has NaN, +inf or nothing finite.
    """
    if full_NV.shape != small_NV.shape or full_NV.ndim != 2:
        raise ValueError(f"scores {full_NV.shape} and {small_NV.shape} do not match")
    full_log_NV, small_log_NV = _log_softmax(full_NV), _log_softmax(small_NV)
    chance_NV = np.exp(full_log_NV)
    possible_NV = chance_NV > 0
    gap_NV = np.subtract(full_log_NV, small_log_NV, out=np.zeros_like(full_log_NV), where=possible_NV)
    # rounding can leave a sum of -1e-17 for equal rows
    sums_N: npt.NDArray[np.float64] = np.maximum((chance_NV * gap_NV).sum(axis=1), 0.0)
    return sums_N


def compare(full_NV: npt.NDArray[np.float32], small_NV: npt.NDArray[np.float32], *, seed: int = 0) -> Divergence:
    """Compare a small model with the full one, prompt by prompt; the same for the same seed.

    Raises: ValueError: no prompts, or scores that are not comparable.
    """
    if not len(full_NV):
        raise ValueError("no prompts to compare on")
    kl_N = kl_divergences(full_NV, small_NV)
    low, high = bootstrap_interval(kl_N, seed=seed)
    same_N = full_NV.argmax(axis=1) == small_NV.argmax(axis=1)
    return Divergence(kl_N=kl_N, mean=float(kl_N.mean()), low=low, high=high, same_top1=float(same_N.mean()))


def bootstrap_interval(values_N: npt.NDArray[np.float64], *, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % percentile interval of the mean."""
    picks_RN = np.random.default_rng(seed).integers(0, len(values_N), size=(_RESAMPLES, len(values_N)))
    means_R = values_N[picks_RN].mean(axis=1)
    if not np.isfinite(means_R).all():  # an infinite KL has no quantiles between the finite ones
        return float(means_R.min()), float(means_R.max())
    low, high = np.quantile(means_R, (0.025, 0.975))
    return float(low), float(high)


def _log_softmax(scores_NV: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    wide_NV = scores_NV.astype(np.float64)
    peaks_N1 = wide_NV.max(axis=1, keepdims=True)
    if not np.isfinite(peaks_N1).all():  # NaN spreads to the peak
        raise ValueError("scores hold NaN, +inf or a row without a finite score")
    wide_NV -= peaks_N1
    log_NV: npt.NDArray[np.float64] = wide_NV - np.log(np.exp(wide_NV).sum(axis=1, keepdims=True))
    return log_NV
