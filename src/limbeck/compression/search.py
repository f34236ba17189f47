"""Compress a checkpoint to a budget: forecast, export what may fit, measure it, keep the best."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

import numpy as np
import numpy.typing as npt

from limbeck.compression.calibration import Prompt, check_prompts, spread
from limbeck.compression.candidates import Candidate, quantisable
from limbeck.compression.checkpoint_tensors import Checkpoint, read_checkpoint
from limbeck.compression.compressed_folder import MODELS_FOLDER
from limbeck.compression.effort import LEAST, Effort
from limbeck.compression.export_format import ExportFormat
from limbeck.compression.export_yard import ExportYard
from limbeck.compression.infeasible import none_fits, too_small_for_any
from limbeck.compression.limits import Limits
from limbeck.compression.plan import Plan
from limbeck.compression.quantised_tensor import Tensor
from limbeck.compression.reference_model import ReferenceModel, open_reference
from limbeck.compression.rounding import Rounding
from limbeck.compression.selection import NEGLIGIBLE_KL, Selection, select
from limbeck.compression.sensitivity import measure_sensitivity
from limbeck.compression.shortlist import Shortlist, shortlist
from limbeck.compression.trial import Trial
from limbeck.core.disk import disk_errors
from limbeck.core.errors import LimbeckError
from limbeck.core.progress import Phases, Progress, silent

SENSITIVITY_FILE = "sensitivity.json"

_WORK_FOLDER = ".candidates"
_SENSITIVITY_PROMPTS = 32
_COMPARED_PROMPTS = 48


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
    found = forecast(checkpoint, limits, formats)
    return search(found, prompts, out=out, phases=lambda _: progress, open_model=open_model)


def forecast(checkpoint: Path, limits: Limits, formats: Sequence[ExportFormat]) -> Shortlist:
    """Read a checkpoint and tell what its exports would take, before anything is exported.

    Raises: LimbeckError: no format, or a checkpoint that cannot be used.
    """
    if not formats:
        raise LimbeckError("no engine to compress for", where="engines", fix='name one, such as engines = ["openvino"]')
    return shortlist(read_checkpoint(checkpoint), limits, formats)


def search(
    found: Shortlist,
    prompts: Sequence[Sequence[int]],
    *,
    out: Path,
    phases: Phases,
    effort: Effort = LEAST,
    cache: Path | None = None,
    open_model: Callable[[Path], ReferenceModel] = open_reference,
) -> Plan:
    """Do what `compress` does, from a forecast on, with as much effort as is given.

    Args:
        cache: where sensitivities are kept; in `out` by default.
    """
    vocab_size = found.source.vocab_size
    checked = check_prompts(prompts, vocab_size=vocab_size)
    effort = replace(effort, learning=check_prompts(effort.learning, vocab_size=vocab_size) if effort.learning else ())
    with disk_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        work = _Search(found, spread(checked, _COMPARED_PROMPTS), out, phases, effort, cache or out / SENSITIVITY_FILE)
        try:
            return work.run(open_model)
        finally:
            shutil.rmtree(out / _WORK_FOLDER, ignore_errors=True)


@final
@dataclass(frozen=True, slots=True)
class _Search:
    found: Shortlist
    prompts: tuple[Prompt, ...]
    out: Path
    phases: Phases
    effort: Effort
    cache: Path

    @property
    def source(self) -> Checkpoint:
        return self.found.source

    @property
    def limits(self) -> Limits:
        return self.found.limits

    def run(self, open_model: Callable[[Path], ReferenceModel]) -> Plan:
        found = self.found
        hopeless = too_small_for_any(list(found.smallest.values()), self.limits, self.source.weights)
        if hopeless:
            self._write_plan([Trial(candidate=candidate) for candidate in found.candidates], None, {})
            raise hopeless
        reference = open_model(self.source.folder)
        full_NV = self._full_scores(reference)
        rounding = Rounding(moments=self._moments(reference))
        sensitivity = self._sensitivity(reference, rounding) if found.shares is not None else {}
        found = found.with_mixes(sensitivity) if sensitivity else found
        yard = ExportYard(source=self.source, prompts=self.prompts, full_NV=full_NV, folder=self.out / _WORK_FOLDER)
        trials = self._try_all(found, yard, rounding)
        chosen = select(trials, self.limits)
        if chosen and self.effort.distils:
            trials += self._distilled(chosen, reference, yard, rounding)
            chosen = select(trials, self.limits)
        plan = self._write_plan(trials, chosen, sensitivity)
        if chosen is None:
            raise none_fits(trials, self.limits)
        self._keep(chosen, yard)
        return plan

    def _full_scores(self, reference: ReferenceModel) -> npt.NDArray[np.float32]:
        full_NV = reference.logits_NV(self.prompts)
        if not np.isfinite(full_NV).all():
            fix = "the training run diverged: lower its learning rate and train again"
            raise LimbeckError("the full model scores NaN or infinity", where=str(self.source.folder), fix=fix)
        return full_NV

    def _moments(self, reference: ReferenceModel) -> Mapping[str, npt.NDArray[np.float32]]:
        """Learn what the weights meet, where there is text to learn from and something to round to 4 bits."""
        if not self.effort.learning:
            return {}
        self.phases("inputs")
        return reference.input_moments(self.effort.learning)

    def _sensitivity(self, reference: ReferenceModel, rounding: Rounding) -> dict[str, float]:
        matrices = {name: weight for name, weight in self.source.weights.items() if quantisable(weight)}
        prompts = spread(self.prompts, _SENSITIVITY_PROMPTS)
        progress = self.phases("sensitivity")
        return measure_sensitivity(reference, matrices, prompts, rounding=rounding, cache=self.cache, progress=progress)

    def _try_all(self, found: Shortlist, yard: ExportYard, rounding: Rounding) -> list[Trial]:
        progress = self.phases("exports")
        trials: list[Trial] = []
        for candidate in found.candidates:
            progress(len(trials), len(found.candidates), candidate.label)
            fits = self.effort.measures_all or found.may_fit(candidate)
            tensors = self._tensors(candidate, rounding) if fits else {}
            result = yard.export(found.format_of(candidate), candidate, tensors) if fits else None
            trials.append(Trial(candidate=candidate, result=result))
        progress(len(trials), len(trials))
        return trials

    def _distilled(
        self, chosen: Selection, reference: ReferenceModel, yard: ExportYard, rounding: Rounding
    ) -> list[Trial]:
        """Fit what is cheap to fit of each chosen export, its scales, to the full model, and try it again."""
        trials = []
        for trial in chosen:
            if trial.kl < NEGLIGIBLE_KL:
                continue
            tensors = self._tensors(trial.candidate, rounding)
            fitted = reference.distil(tensors, self.effort.learning, self.phases(f"distil {trial.candidate.label}"))
            candidate = replace(trial.candidate, name=f"{trial.candidate.name}-distilled")
            result = yard.export(self.found.format_of(candidate), candidate, fitted)
            trials.append(Trial(candidate=candidate, result=result))
        return trials

    def _tensors(self, candidate: Candidate, rounding: Rounding) -> dict[str, Tensor]:
        return rounding.tensors(self.source.weights, candidate.types)

    def _write_plan(self, trials: Sequence[Trial], chosen: Selection | None, sensitivity: dict[str, float]) -> Plan:
        plan = Plan(
            trials=tuple(trials),
            chosen=chosen,
            limits=self.limits,
            num_prompts=len(self.prompts),
            sensitivity=sensitivity,
        )
        plan.write(self.out)
        return plan

    def _keep(self, chosen: Selection, yard: ExportYard) -> None:
        models = self.out / MODELS_FOLDER
        shutil.rmtree(models, ignore_errors=True)
        models.mkdir()
        for trial in chosen:
            yard.folder_of(trial.candidate).rename(models / trial.candidate.engine)
