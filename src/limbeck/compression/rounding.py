"""Round the weights of a model: to the nearest code, or with what is known of the inputs each of them meets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

import numpy as np
import numpy.typing as npt

from limbeck.compression.methods import compensate, quantise
from limbeck.compression.quantised_tensor import Tensor, TensorType, Weights


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Rounding:
    """How weights become tensors; 4-bit codes are kept, as every candidate asks for the same ones.

    Args:
        moments: of the inputs of each weight, as `ReferenceModel.input_moments` has them; a weight without is
            rounded to the nearest code, and so is everything at 8 bits, where it makes no difference.
    """

    moments: Mapping[str, npt.NDArray[np.float32]] = field(default_factory=dict)
    _kept: dict[str, Tensor] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Tell one way to round from another."""
        return "compensated" if self.moments else "nearest"

    def tensor(self, name: str, weight: npt.NDArray[np.float32], wanted: TensorType) -> Tensor:
        """Return a weight as the wanted type."""
        if wanted == "f32":
            return weight
        if wanted == "f16":
            return quantise.as_float16(weight)
        if wanted == "q8" or name not in self.moments:
            return quantise.compress(weight, wanted)
        if name not in self._kept:
            self._kept[name] = compensate.compress(weight, wanted, self.moments[name])
        return self._kept[name]

    def tensors(self, weights: Weights, types: Mapping[str, TensorType]) -> dict[str, Tensor]:
        """Return every weight as its type, all of them (outputs, inputs)."""
        return {name: self.tensor(name, weight, types[name]) for name, weight in weights.items()}
