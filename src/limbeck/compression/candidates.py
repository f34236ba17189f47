"""The exports worth trying for one engine: everything at q4, q8 or f16, and a mix made for the room left."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from limbeck.compression.allocation import Choice, allocate
from limbeck.compression.export_format import ExportFormat
from limbeck.compression.quantised_tensor import GROUP_SIZE, TensorType, Weights

Types = dict[str, TensorType]

UNIFORM: tuple[Literal["q4", "q8", "f16"], ...] = ("q4", "q8", "f16")

_ATTEMPTS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One way to store the weights for one engine, and how large the files should become."""

    engine: str
    name: str
    types: Types
    forecast_bytes: int

    @property
    def label(self) -> str:
        """Return `openvino q4`."""
        return f"{self.engine} {self.name}"


def quantisable(weight: npt.NDArray[np.float32]) -> bool:
    """Tell whether a weight is a matrix that splits into groups of 32."""
    return weight.ndim == 2 and weight.shape[1] % GROUP_SIZE == 0 and weight.size > 0


def uniform_types(weights: Weights, wanted: TensorType) -> Types:
    """Give every matrix the wanted type: odd widths stay f16, and vectors f32, which cost next to nothing."""
    return {
        name: "f32" if weight.ndim != 2 else wanted if quantisable(weight) else "f16"
        for name, weight in weights.items()
    }


def uniform_candidates(weights: Weights, checkpoint: Path, export: ExportFormat) -> tuple[Candidate, ...]:
    """Return q4, q8 and f16, smallest first; one that equals an earlier one is left out."""
    found: list[Candidate] = []
    for wanted in UNIFORM:
        types = uniform_types(weights, wanted)
        if all(types != known.types for known in found):
            size_bytes = export.forecast_bytes(checkpoint, types)
            found.append(Candidate(engine=export.name, name=wanted, types=types, forecast_bytes=size_bytes))
    return tuple(found)


def mixed_candidate(
    weights: Weights,
    losses: Mapping[str, Mapping[TensorType, float]],
    *,
    checkpoint: Path,
    export: ExportFormat,
    limit_bytes: int,
) -> Candidate | None:
    """Return the types with the least summed loss whose forecast is within the limit; None where nothing is.

    `losses` names the tensors that may change type, with the expected loss of each type.
    """
    least = uniform_types(weights, "q4")
    floor_bytes = export.forecast_bytes(checkpoint, least)
    steps = _step_sizes(
        weights, losses, lambda changed: export.forecast_bytes(checkpoint, least | changed) - floor_bytes
    )
    choices = {
        name: [
            Choice(type=kind, size_bytes=steps[weights[name].shape, kind], loss=loss)
            for kind, loss in losses[name].items()
        ]
        for name in losses
    }
    room_bytes = limit_bytes - floor_bytes
    # padding makes sizes a little more than the sum of their parts: forecast the whole, and tighten
    for _ in range(_ATTEMPTS):
        chosen = allocate(choices, room_bytes)
        if chosen is None:
            return None
        types = least | chosen
        size_bytes = export.forecast_bytes(checkpoint, types)
        if size_bytes <= limit_bytes:
            return Candidate(engine=export.name, name="mixed", types=types, forecast_bytes=size_bytes)
        room_bytes -= size_bytes - limit_bytes
    return None


def _step_sizes(
    weights: Weights, losses: Mapping[str, Mapping[TensorType, float]], growth_bytes: Callable[[Types], int]
) -> dict[tuple[tuple[int, ...], TensorType], int]:
    """Return what one tensor of a shape adds to the all-q4 file when it takes another type."""
    steps: dict[tuple[tuple[int, ...], TensorType], int] = {}
    for name, kinds in losses.items():
        for kind in kinds:
            key = (weights[name].shape, kind)
            if key not in steps:
                steps[key] = max(0, growth_bytes({name: kind}))
    return steps
