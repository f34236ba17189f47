"""Compress a checkpoint to a budget: forecast, export what may fit, measure it, keep the best."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
import numpy.typing as npt

from limbeck.compression.calibration import Prompt, check_prompts, spread
from limbeck.compression.candidates import (
    Candidate,
    compressed_tensors,
    mixed_candidate,
    quantisable,
    uniform_candidates,
)
from limbeck.compression.checkpoint_tensors import Checkpoint, read_checkpoint
from limbeck.compression.divergence import compare
from limbeck.compression.export_format import ExportFormat
from limbeck.compression.infeasible import none_fits, too_small_for_any
from limbeck.compression.limits import Limits
from limbeck.compression.plan import Plan
from limbeck.compression.reference_model import ReferenceModel, open_reference
from limbeck.compression.selection import Selection, select
from limbeck.compression.sensitivity import measure_sensitivity, type_losses
from limbeck.compression.trial import Result, Trial
from limbeck.core.disk import disk_errors
from limbeck.core.errors import LimbeckError
from limbeck.core.progress import Progress, silent

MODELS_FOLDER = "models"
SENSITIVITY_FILE = "sensitivity.json"

_WORK_FOLDER = ".candidates"
_SENSITIVITY_PROMPTS = 32
_COMPARED_PROMPTS = 96


def compress(
    checkpoint: Path,
    prompts: Sequence[Sequence[int]],
    limits: Limits,
    *,
    formats: Sequence[ExportFormat],
    out: Path,
    progress: Progress = silent,
    open_model: Callable[[Path], ReferenceModel] = open_reference,
) -> Plan:
    """Leave the best export of each format under `out/models/<engine>/`, and the plan beside them.

    Writes plan.json, measured.json and, where a mix was planned, sensitivity.json. The choice is the
    same in every run, except where a measured time or memory size is over its limit.
    Raises: GateError: nothing fits, with the nearest budget that would; LimbeckError: a checkpoint or
    prompts that cannot be used; MachineError: the disk is full or read-only.
    """
    if not formats:
        raise LimbeckError("no engine to compress for", where="engines", fix='name one, such as engines = ["openvino"]')
    source = read_checkpoint(checkpoint)
    checked = check_prompts(prompts, vocab_size=source.vocab_size)
    with disk_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        search = _Search(source, spread(checked, _COMPARED_PROMPTS), limits, formats, out, open_model)
        try:
            return search.run(progress)
        finally:
            shutil.rmtree(out / _WORK_FOLDER, ignore_errors=True)


@final
@dataclass(frozen=True, slots=True)
class _Search:
    source: Checkpoint
    prompts: tuple[Prompt, ...]
    limits: Limits
    formats: Sequence[ExportFormat]
    out: Path
    open_model: Callable[[Path], ReferenceModel]

    def run(self, progress: Progress) -> Plan:
        uniform = {
            item.name: uniform_candidates(self.source.weights, self.source.folder, item) for item in self.formats
        }
        smallest = {name: min(found, key=lambda candidate: candidate.forecast_bytes) for name, found in uniform.items()}
        hopeless = too_small_for_any(list(smallest.values()), self.limits, self.source.weights)
        if hopeless:
            unexported = tuple(Trial(candidate=candidate) for found in uniform.values() for candidate in found)
            self._plan(unexported, None, {}).write(self.out)
            raise hopeless
        reference = self.open_model(self.source.folder)
        full_NV = self._full_scores(reference)
        mixes, sensitivity = self._mixes(uniform, reference, progress)
        trials = self._try_all(uniform, mixes, smallest, full_NV, progress)
        chosen = select(trials, self.limits)
        plan = self._plan(trials, chosen, sensitivity)
        plan.write(self.out)
        if chosen is None:
            raise none_fits(trials, self.limits)
        self._keep(chosen)
        return plan

    def _plan(self, trials: tuple[Trial, ...], chosen: Selection | None, sensitivity: dict[str, float]) -> Plan:
        return Plan(
            trials=trials,
            chosen=chosen,
            limits=self.limits,
            num_prompts=len(self.prompts),
            sensitivity=sensitivity,
        )

    def _full_scores(self, reference: ReferenceModel) -> npt.NDArray[np.float32]:
        full_NV = reference.logits_NV(self.prompts)
        if not np.isfinite(full_NV).all():
            fix = "the training run diverged: lower its learning rate and train again"
            raise LimbeckError("the full model scores NaN or infinity", where=str(self.source.folder), fix=fix)
        return full_NV

    def _mixes(
        self, uniform: dict[str, tuple[Candidate, ...]], reference: ReferenceModel, progress: Progress
    ) -> tuple[dict[str, Candidate], dict[str, float]]:
        """Plan one mix per engine for its share of the room; none where everything fits at full size."""
        sizes = {name: [candidate.forecast_bytes for candidate in found] for name, found in uniform.items()}
        shares = self.limits.shares(
            {name: min(of) for name, of in sizes.items()}, {n: max(of) for n, of in sizes.items()}
        )
        matrices = {name: weight for name, weight in self.source.weights.items() if quantisable(weight)}
        if shares is None or not matrices:
            return {}, {}
        sensitivity = measure_sensitivity(
            reference,
            matrices,
            spread(self.prompts, _SENSITIVITY_PROMPTS),
            cache=self.out / SENSITIVITY_FILE,
            progress=progress,
        )
        losses = {name: type_losses(weight, sensitivity[name]) for name, weight in matrices.items()}
        mixes: dict[str, Candidate] = {}
        for item in self.formats:
            mix = mixed_candidate(
                self.source.weights,
                losses,
                checkpoint=self.source.folder,
                export=item,
                limit_bytes=shares[item.name],
            )
            if mix and all(mix.types != candidate.types for candidate in uniform[item.name]):
                mixes[item.name] = mix
        return mixes, sensitivity

    def _try_all(
        self,
        uniform: dict[str, tuple[Candidate, ...]],
        mixes: dict[str, Candidate],
        smallest: dict[str, Candidate],
        full_NV: npt.NDArray[np.float32],
        progress: Progress,
    ) -> tuple[Trial, ...]:
        """Export and measure every candidate that fits beside the smallest of the other engines."""
        least_bytes = sum(candidate.forecast_bytes for candidate in smallest.values())
        trials: list[Trial] = []
        todo = [
            (item, candidate)
            for item in self.formats
            for candidate in (*uniform[item.name], *([mixes[item.name]] if item.name in mixes else []))
        ]
        for item, candidate in todo:
            progress(len(trials), len(todo), candidate.label)
            beside_bytes = least_bytes - smallest[item.name].forecast_bytes
            room_bytes = self.limits.room_bytes
            worth_it = room_bytes is None or candidate.forecast_bytes + beside_bytes <= room_bytes
            result = self._export(item, candidate, full_NV) if worth_it else None
            trials.append(Trial(candidate=candidate, result=result))
        progress(len(todo), len(todo))
        return tuple(trials)

    def _export(self, item: ExportFormat, candidate: Candidate, full_NV: npt.NDArray[np.float32]) -> Result:
        folder = self._folder(candidate)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            tensors = compressed_tensors(self.source.weights, candidate.types)
        except ValueError as error:
            fix = "train with weight decay, so that weights stay small"
            raise LimbeckError(str(error), where=str(self.source.folder), fix=fix) from error
        item.write(self.source.folder, tensors, folder)
        measurement = item.measure(folder, self.prompts)
        finite = bool(np.isfinite(measurement.logits_NV).all())
        return Result(
            actual_bytes=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
            measurement=measurement,
            divergence=compare(full_NV, measurement.logits_NV) if finite else None,
        )

    def _keep(self, chosen: Selection) -> None:
        models = self.out / MODELS_FOLDER
        shutil.rmtree(models, ignore_errors=True)
        models.mkdir()
        for trial in chosen:
            self._folder(trial.candidate).rename(models / trial.candidate.engine)

    def _folder(self, candidate: Candidate) -> Path:
        return self.out / _WORK_FOLDER / candidate.engine / candidate.name
