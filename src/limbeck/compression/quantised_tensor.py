"""A weight as small integer codes and one fp16 scale per group of 32, or as plain numbers.

O = output features (rows), I = input features (columns), G = groups of 32 along I.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

GROUP_SIZE = 32
CODE_RANGES: dict[int, tuple[int, int]] = {4: (-8, 7), 8: (-127, 127)}

TensorType = Literal["f32", "f16", "q8", "q4"]
Weights: TypeAlias = Mapping[str, npt.NDArray[np.float32]]
"""A checkpoint's weights by name; matrices are (outputs, inputs)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantisedTensor:
    """Hold a weight whose value is `code * scale`, the scale shared by 32 columns of a row.

    Args:
        codes_OI: -127..127 at 8 bits, -8..7 at 4 bits, one code per byte (not packed).
        scales_OG: finite; negative where the code -8 stands for the largest positive weight.
    Raises: ValueError: shapes, types or values that do not belong together.
    """

    codes_OI: npt.NDArray[np.int8]
    scales_OG: npt.NDArray[np.float16]
    bits: Literal[4, 8]

    def __post_init__(self) -> None:
        self._check_types()
        rows, columns = self.codes_OI.shape
        if columns % GROUP_SIZE:
            raise ValueError(f"{columns} columns do not split into groups of {GROUP_SIZE}")
        if self.scales_OG.shape != (rows, columns // GROUP_SIZE):
            raise ValueError(f"scales {self.scales_OG.shape} do not fit codes {self.codes_OI.shape}")
        low, high = CODE_RANGES[self.bits]
        if self.codes_OI.size and not low <= self.codes_OI.min() <= self.codes_OI.max() <= high:
            raise ValueError(f"{self.bits}-bit codes must lie in {low}..{high}")
        if not np.isfinite(self.scales_OG).all():
            raise ValueError("a scale is not a finite number")

    def _check_types(self) -> None:
        if self.bits not in CODE_RANGES:
            raise ValueError(f"{self.bits!r} bits: only 4 and 8 are known")
        if self.codes_OI.dtype != np.int8 or self.codes_OI.ndim != 2:
            raise ValueError(f"codes must be an int8 matrix, not {self.codes_OI.dtype} {self.codes_OI.shape}")
        if self.scales_OG.dtype != np.float16:
            raise ValueError(f"scales must be float16, not {self.scales_OG.dtype}")

    @property
    def shape(self) -> tuple[int, ...]:
        """Return (O, I)."""
        return self.codes_OI.shape

    def dequantise(self) -> npt.NDArray[np.float32]:
        """Return the weight the codes stand for, float32 (O, I)."""
        scales_OI = np.repeat(self.scales_OG.astype(np.float32), GROUP_SIZE, axis=1)
        return self.codes_OI.astype(np.float32) * scales_OI


Tensor: TypeAlias = npt.NDArray[Any] | QuantisedTensor


def dense(tensor: Tensor) -> npt.NDArray[np.float32]:
    """Return any tensor as float32 numbers."""
    return tensor.dequantise() if isinstance(tensor, QuantisedTensor) else np.asarray(tensor, dtype=np.float32)
