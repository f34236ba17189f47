"""An engine as compression sees it: forecast, write, and measure in a process of its own."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np

from limbeck.compression.export_format import Measurement
from limbeck.compression.quantised_tensor import Tensor, TensorType
from limbeck.engine.export import exporter_for
from limbeck.engine.measure import measure

_MAX_TOKENS = 24


@final
@dataclass(frozen=True, slots=True)
class EngineFormat:
    """The export format of one engine."""

    name: str
    stop_ids: tuple[int, ...]

    def forecast_bytes(self, checkpoint: Path, types: Mapping[str, TensorType]) -> int:
        """Say how large `write` will make the folder."""
        return exporter_for(self.name).forecast_bytes(checkpoint, types)

    def write(self, checkpoint: Path, tensors: Mapping[str, Tensor], target: Path) -> None:
        """Export into the empty folder `target`."""
        exporter_for(self.name).write(checkpoint, tensors, target)

    def measure(self, folder: Path, prompts: Sequence[Sequence[int]]) -> Measurement:
        """Run every prompt in a fresh process."""
        with tempfile.TemporaryDirectory() as scratch:
            scores = Path(scratch) / "logits.npy"
            seen = measure(
                self.name, folder, prompts, max_tokens=_MAX_TOKENS, stop_ids=self.stop_ids, logits_path=scores
            )
            logits_NV = np.load(scores)
        return Measurement(
            peak_memory_bytes=seen.peak_rss_bytes,
            latency_ms=seen.token_ms,
            first_token_ms=seen.first_token_ms,
            logits_NV=logits_NV,
            tokens_N=seen.tokens,
        )


def export_formats(engines: Sequence[str], *, stop_ids: tuple[int, ...] = ()) -> tuple[EngineFormat, ...]:
    """Return the format of each engine."""
    return tuple(EngineFormat(name, stop_ids) for name in engines)
