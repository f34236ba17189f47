"""Choose a type for every tensor: the least summed loss that fits a number of bytes, exactly.

A multiple-choice knapsack, solved by merging the Pareto fronts of (bytes, loss) tensor by tensor.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from limbeck.compression.quantised_tensor import TensorType

# Fronts longer than this are thinned by rounding sizes up, which can only waste bytes, never exceed them.
_LARGEST_FRONT = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One type a tensor could have, what it takes and what it loses."""

    type: TensorType
    size_bytes: int
    loss: float


@dataclass(frozen=True, slots=True)
class _Front:
    """The states worth keeping after some tensors: sizes rise, losses fall; how each was reached."""

    sizes: npt.NDArray[np.int64]
    losses: npt.NDArray[np.float64]
    parents: npt.NDArray[np.int64]
    picks: npt.NDArray[np.int64]


def allocate(choices: Mapping[str, Sequence[Choice]], limit_bytes: int) -> dict[str, TensorType] | None:
    """Pick one choice per tensor with the least summed loss within the limit; None where nothing fits.

    Equal losses go to fewer bytes. Exact while the sizes have at most a million distinct sums; beyond
    that sizes are rounded up to a millionth of the limit.
    Raises: ValueError: a tensor without choices, a negative size, or a loss that is not a finite number.
    """
    _check(choices)
    names = list(choices)
    grain = _grain(choices, limit_bytes)
    nothing = np.zeros(1, dtype=np.int64)
    fronts = [_Front(nothing, nothing.astype(np.float64), nothing, nothing)]
    tails = _least_tails([min(-(-choice.size_bytes // grain) for choice in choices[name]) for name in names])
    for name, tail in zip(names, tails, strict=True):
        fronts.append(_extend(fronts[-1], choices[name], grain, limit_bytes // grain - tail))
        if not len(fronts[-1].sizes):
            return None
    return _trace_back(fronts, [choices[name] for name in names], names)


def _check(choices: Mapping[str, Sequence[Choice]]) -> None:
    for name, options in choices.items():
        if not options:
            raise ValueError(f"tensor {name!r} has no choices")
        for option in options:
            if option.size_bytes < 0 or not math.isfinite(option.loss):
                raise ValueError(f"tensor {name!r} as {option.type}: {option.size_bytes} bytes, loss {option.loss}")


def _grain(choices: Mapping[str, Sequence[Choice]], limit_bytes: int) -> int:
    """Return the unit all sizes are counted in, so that the fronts stay short."""
    common = math.gcd(*(option.size_bytes for options in choices.values() for option in options)) or 1
    return common if limit_bytes // common <= _LARGEST_FRONT else -(-limit_bytes // _LARGEST_FRONT)


def _least_tails(least: list[int]) -> list[int]:
    """Return, for each tensor, the least the tensors after it must take."""
    total = sum(least)
    return [total := total - size for size in least]


def _extend(front: _Front, options: Sequence[Choice], grain: int, limit: int) -> _Front:
    """Add one tensor to every state, then drop states over the limit and states another one beats."""
    sizes = np.concatenate([front.sizes + -(-option.size_bytes // grain) for option in options])
    losses = np.concatenate([front.losses + option.loss for option in options])
    parents = np.tile(np.arange(len(front.sizes)), len(options))
    picks = np.repeat(np.arange(len(options)), len(front.sizes))
    order = np.lexsort((losses, sizes))
    order = order[sizes[order] <= limit]
    best_before = np.minimum.accumulate(np.concatenate([[np.inf], losses[order]]))[:-1]
    kept = order[losses[order] < best_before]
    return _Front(sizes[kept], losses[kept], parents[kept], picks[kept])


def _trace_back(fronts: list[_Front], options: list[Sequence[Choice]], names: list[str]) -> dict[str, TensorType]:
    state = len(fronts[-1].sizes) - 1  # the largest state of a front has the least loss
    chosen: dict[str, TensorType] = {}
    for index in range(len(names) - 1, -1, -1):
        front = fronts[index + 1]
        chosen[names[index]] = options[index][front.picks[state]].type
        state = int(front.parents[state])
    return dict(sorted(chosen.items()))
