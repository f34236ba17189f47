"""Round column by column, the error of each made good by the columns after it; the scales are searched as they come.

Source: Frantar et al. 2022, GPTQ, https://arxiv.org/abs/2210.17323, here with the blocks of Q8_0 and Q4_0.
"""

import numpy as np
import numpy.typing as npt

from limbeck.compression.methods import quantise
from limbeck.compression.quantised_tensor import CODE_RANGES, GROUP_SIZE, QuantisedTensor, Tensor, TensorType

TYPES: tuple[TensorType, ...] = quantise.TYPES

_UPWARD = {8: (), 4: (7.0, 7.5, 8.0)}
"""Where else the largest weight of a group may land, in codes: its scale is as well kept positive."""

_DAMPING = 0.02
"""Added to the diagonal as a share of its mean: little text says little of rare directions."""


def compress(
    weight_OI: npt.NDArray[np.float32], wanted: TensorType, moments_II: npt.NDArray[np.float32] | None = None
) -> Tensor:
    """Return the weight as the wanted type; a width that is no multiple of 32 stays fp16.

    Deterministic on one machine. O = output features, I = input features.
    Args:
        moments_II: the mean of x xᵀ over the inputs x the weight meets; without, all inputs count alike.
    Raises: ValueError: a type this method does not write, not a matrix, or weights too large for fp16.
    """
    nearest = quantise.compress(weight_OI, wanted)
    if moments_II is None or not isinstance(nearest, QuantisedTensor):
        return nearest
    factor_II = _inverse_factor(moments_II)
    importance_I = np.diag(moments_II).astype(np.float32)
    return _compensated(weight_OI, nearest, factor_II, importance_I)


def _inverse_factor(moments_II: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return the upper Cholesky factor of the inverse of the damped moments."""
    damped_II = moments_II.astype(np.float64)
    mean = float(np.diag(damped_II).mean()) or 1.0
    damped_II[np.diag_indices_from(damped_II)] += _DAMPING * mean
    factor_II: npt.NDArray[np.float64] = np.linalg.cholesky(np.linalg.inv(damped_II)).T
    return factor_II


def _compensated(
    weight_OI: npt.NDArray[np.float32],
    nearest: QuantisedTensor,
    factor_II: npt.NDArray[np.float64],
    importance_I: npt.NDArray[np.float32],
) -> QuantisedTensor:
    rest_OI = weight_OI.astype(np.float64)
    codes_OI, scales_OG = np.zeros_like(nearest.codes_OI), np.zeros_like(nearest.scales_OG)
    for group in range(scales_OG.shape[1]):
        columns = slice(group * GROUP_SIZE, (group + 1) * GROUP_SIZE)
        block_OK = rest_OI[:, columns]
        scales_O = _search_scales(
            block_OK.astype(np.float32), nearest.scales_OG[:, group], importance_I[columns], nearest.bits
        )
        errors_OK = _round_block(block_OK, scales_O, factor_II[columns, columns], codes_OI[:, columns], nearest.bits)
        rest_OI[:, columns.stop :] -= errors_OK @ factor_II[columns, columns.stop :]
        scales_OG[:, group] = scales_O
    return QuantisedTensor(codes_OI=codes_OI, scales_OG=scales_OG, bits=nearest.bits)


def _round_block(
    block_OK: npt.NDArray[np.float64],
    scales_O: npt.NDArray[np.float16],
    factor_KK: npt.NDArray[np.float64],
    codes_OK: npt.NDArray[np.int8],
    bits: int,
) -> npt.NDArray[np.float64]:
    """Round a group in place, and return the error of each column over its pivot."""
    wide_O = scales_O.astype(np.float64)
    inverse_O = np.divide(1, wide_O, out=np.zeros_like(wide_O), where=wide_O != 0)
    errors_OK = np.zeros_like(block_OK)
    for column in range(block_OK.shape[1]):
        code_O = np.clip(np.rint(block_OK[:, column] * inverse_O), *CODE_RANGES[bits])
        error_O = (block_OK[:, column] - code_O * wide_O) / factor_KK[column, column]
        block_OK[:, column:] -= np.outer(error_O, factor_KK[column, column:])
        codes_OK[:, column], errors_OK[:, column] = code_O, error_O
    return errors_OK


def _search_scales(
    block_OK: npt.NDArray[np.float32],
    nearest_O: npt.NDArray[np.float16],
    importance_K: npt.NDArray[np.float32],
    bits: int,
) -> npt.NDArray[np.float16]:
    """Return the scale of each row with the least error where each column counts by its inputs."""
    best_O, errors_O = nearest_O.copy(), np.full(len(block_OK), np.inf, np.float32)
    peaks_O = np.take_along_axis(block_OK, np.abs(block_OK).argmax(axis=1)[:, None], axis=1)[:, 0]
    landings = (*quantise.LANDINGS[bits], *_UPWARD[bits])
    tried = [nearest_O, *((peaks_O / np.float32(landing)).astype(np.float16) for landing in landings)]
    for scales_O in tried:
        _keep_better(block_OK, scales_O, importance_K, (best_O, errors_O), bits)
    codes_OK = quantise.nearest_codes(block_OK, best_O, bits)
    energy_O = np.maximum((codes_OK * codes_OK) @ importance_K, np.finfo(np.float32).tiny)
    fitted_O = ((codes_OK * block_OK) @ importance_K / energy_O).astype(np.float16)
    _keep_better(block_OK, fitted_O, importance_K, (best_O, errors_O), bits)
    return best_O


def _keep_better(
    block_OK: npt.NDArray[np.float32],
    scales_O: npt.NDArray[np.float16],
    importance_K: npt.NDArray[np.float32],
    best: tuple[npt.NDArray[np.float16], npt.NDArray[np.float32]],
    bits: int,
) -> None:
    """Replace, in place, the best scale and its error where the new one is better."""
    rest_OK = quantise.nearest_codes(block_OK, scales_O, bits) * scales_O.astype(np.float32)[:, None] - block_OK
    found_O = (rest_OK * rest_OK) @ importance_K
    better_O = found_O < best[1]
    best[0][better_O], best[1][better_O] = scales_O[better_O], found_O[better_O]
