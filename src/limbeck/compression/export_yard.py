"""Write a candidate's files in a folder of its own and see what they do in their runtime."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
import numpy.typing as npt

from limbeck.compression.calibration import Prompt
from limbeck.compression.candidates import Candidate
from limbeck.compression.checkpoint_tensors import Checkpoint
from limbeck.compression.divergence import compare
from limbeck.compression.export_format import ExportFormat
from limbeck.compression.quantised_tensor import Tensor
from limbeck.compression.trial import Result


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ExportYard:
    """Where candidates are exported, and what they are held against. N = prompts, V = vocabulary."""

    source: Checkpoint
    prompts: tuple[Prompt, ...]
    full_NV: npt.NDArray[np.float32]
    folder: Path

    def export(self, item: ExportFormat, candidate: Candidate, tensors: Mapping[str, Tensor]) -> Result:
        """Write and measure; tensors are (outputs, inputs)."""
        folder = self.folder_of(candidate)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        item.write(self.source.folder, self.source.as_stored(tensors), folder)
        measurement = item.measure(folder, self.prompts)
        finite = bool(np.isfinite(measurement.logits_NV).all())
        return Result(
            actual_bytes=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
            measurement=measurement,
            divergence=compare(self.full_NV, measurement.logits_NV) if finite else None,
        )

    def folder_of(self, candidate: Candidate) -> Path:
        """Return where a candidate's files are."""
        return self.folder / candidate.engine / candidate.name
