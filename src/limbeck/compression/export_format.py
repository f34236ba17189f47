"""What the search asks of a file format and its runtime: forecast, write, measure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from limbeck.compression.quantised_tensor import Tensor, TensorType


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What an exported model was seen to do in its own runtime, in a process of its own.

    N = prompts, V = vocabulary.
    Args:
        peak_memory_bytes: highest resident set of the process, runtime included.
        latency_ms: median time of one token after the first.
        first_token_ms: median time from prompt to first token.
        logits_NV: scores of the token due after each prompt, up to a constant per row.
        tokens_N: what greedy decoding wrote after each prompt.
    """

    peak_memory_bytes: int
    latency_ms: float
    first_token_ms: float
    logits_NV: npt.NDArray[np.float32]
    tokens_N: tuple[tuple[int, ...], ...]


class ExportFormat(Protocol):
    """A file format with a runtime that reads it."""

    @property
    def name(self) -> str:
        """Return the engine's name, which is also the folder under `models/`."""

    def forecast_bytes(self, checkpoint: Path, types: Mapping[str, TensorType]) -> int:
        """Say how large `write` will make the folder, to the byte where the format allows it."""

    def write(self, checkpoint: Path, tensors: Mapping[str, Tensor], target: Path) -> None:
        """Export into the empty folder `target`: plain arrays are stored as their own dtype."""

    def measure(self, folder: Path, prompts: Sequence[Sequence[int]]) -> Measurement:
        """Load the exported folder in a child process and run every prompt."""
