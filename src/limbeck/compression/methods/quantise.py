"""Round weights to 8 or 4 bits in groups of 32, each scale searched for the least squared error.

The codes and fp16 scales are those of llama.cpp's Q8_0 and Q4_0 blocks.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt

from limbeck.compression.quantised_tensor import CODE_RANGES, GROUP_SIZE, QuantisedTensor, Tensor, TensorType

TYPES: tuple[TensorType, ...] = ("q8", "q4")

_BITS: dict[str, Literal[4, 8]] = {"q8": 8, "q4": 4}
# Where the largest weight of a group may land, in codes: on the last code, beyond it (clipped) or short of it.
# At 4 bits the landing is negative, so a positive weight makes the scale negative and -8 is used for it too.
LANDINGS: dict[int, tuple[float, ...]] = {
    8: (127.0, 126.5, 127.4),
    4: (-8.0, -7.5, -7.0, -8.5, -9.0, -9.6, -10.2),
}
_CHUNK_GROUPS = 4096  # 0.5 MB of float32, so that a chunk stays in the cache through all its passes
_LARGEST_SCALE = float(np.finfo(np.float16).max)


def compress(weight_OI: npt.NDArray[np.float32], wanted: TensorType) -> Tensor:
    """Return the weight as the wanted type; a width that is no multiple of 32 stays fp16.

    Deterministic. O = output features, I = input features.
    Raises: ValueError: a type this method does not write, not a matrix, or weights too large for fp16.
    """
    if wanted not in _BITS:
        raise ValueError(f"{wanted!r} is not one of {', '.join(TYPES)}")
    if weight_OI.ndim != 2:
        raise ValueError(f"only matrices are quantised, not a tensor of shape {weight_OI.shape}")
    if weight_OI.shape[1] % GROUP_SIZE:
        return as_float16(weight_OI)
    return round_to_nearest(weight_OI, _BITS[wanted])


def as_float16(weight: npt.NDArray[np.float32]) -> npt.NDArray[np.float16]:
    """Return the weight in fp16.

    Raises: ValueError: a weight fp16 cannot hold.
    """
    if weight.size and not np.abs(weight).max() <= _LARGEST_SCALE:
        raise ValueError(f"a weight of {np.abs(weight).max():.3g} does not fit fp16")
    return weight.astype(np.float16)


def round_to_nearest(weight_OI: npt.NDArray[np.float32], bits: Literal[4, 8]) -> QuantisedTensor:
    """Round to the nearest code, trying several scales per group and keeping the best.

    Raises: ValueError: a weight that is not finite, or too large for an fp16 scale.
    """
    rows, columns = weight_OI.shape
    groups_NK = np.ascontiguousarray(weight_OI, dtype=np.float32).reshape(-1, GROUP_SIZE)
    if groups_NK.size and not np.abs(groups_NK).max() <= _LARGEST_SCALE * 7:
        raise ValueError(f"a weight of {np.abs(groups_NK).max():.3g} does not fit an fp16 scale")
    codes_NK = np.zeros(groups_NK.shape, dtype=np.int8)
    scales_N = np.zeros(len(groups_NK), dtype=np.float16)
    for start in range(0, len(groups_NK), _CHUNK_GROUPS):
        chunk = slice(start, start + _CHUNK_GROUPS)
        scales_N[chunk] = _search_scales(groups_NK[chunk], bits)
        codes_NK[chunk] = nearest_codes(groups_NK[chunk], scales_N[chunk], bits).astype(np.int8)
    return QuantisedTensor(
        codes_OI=codes_NK.reshape(rows, columns), scales_OG=scales_N.reshape(rows, columns // GROUP_SIZE), bits=bits
    )


def _search_scales(groups_NK: npt.NDArray[np.float32], bits: int) -> npt.NDArray[np.float16]:
    """Try every landing place, then the least-squares scale of the codes that won; keep the best."""
    peaks_N = np.take_along_axis(groups_NK, np.abs(groups_NK).argmax(axis=1)[:, None], axis=1)[:, 0]
    best_N = np.zeros(len(groups_NK), dtype=np.float16)
    errors_N = np.einsum("nk,nk->n", groups_NK, groups_NK)
    for landing in LANDINGS[bits]:
        _keep_better(groups_NK, (peaks_N / np.float32(landing)).astype(np.float16), best_N, errors_N, bits)
    codes_NK = nearest_codes(groups_NK, best_N, bits)
    energy_N = np.einsum("nk,nk->n", codes_NK, codes_NK)
    fitted_N = np.einsum("nk,nk->n", codes_NK, groups_NK) / np.maximum(energy_N, 1)
    _keep_better(groups_NK, fitted_N.astype(np.float16), best_N, errors_N, bits)
    return best_N


def _keep_better(
    groups_NK: npt.NDArray[np.float32],
    scales_N: npt.NDArray[np.float16],
    best_N: npt.NDArray[np.float16],
    errors_N: npt.NDArray[np.float32],
    bits: int,
) -> None:
    """Replace, in place, the best scale and its squared error where the new one is better."""
    rest_NK = nearest_codes(groups_NK, scales_N, bits)
    rest_NK *= scales_N.astype(np.float32)[:, None]
    rest_NK -= groups_NK
    new_errors_N = np.einsum("nk,nk->n", rest_NK, rest_NK)
    better_N = new_errors_N < errors_N
    best_N[better_N] = scales_N[better_N]
    errors_N[better_N] = new_errors_N[better_N]


def nearest_codes(
    groups_NK: npt.NDArray[np.float32], scales_N: npt.NDArray[np.float16], bits: int
) -> npt.NDArray[np.float32]:
    """Return the nearest codes as float32, a row of `groups_NK` to each scale; zeros where the scale is zero."""
    wide_N = scales_N.astype(np.float32)
    inverse_N = np.divide(1, wide_N, out=np.zeros_like(wide_N), where=wide_N != 0)
    codes_NK = groups_NK * inverse_N[:, None]
    np.rint(codes_NK, out=codes_NK)
    return np.clip(codes_NK, *CODE_RANGES[bits], out=codes_NK)
