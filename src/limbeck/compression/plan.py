"""What was tried and chosen: `plan.json` is the same for the same inputs, `measured.json` is not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from limbeck.compression.compressed_folder import MEASURED_FILE, PLAN_FILE
from limbeck.compression.limits import Limits
from limbeck.compression.selection import Selection, reasons, total_bytes
from limbeck.compression.trial import Trial
from limbeck.core.disk import JSON, write_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The outcome of a search.

    Args:
        chosen: None where nothing fits.
        sensitivity: the KL each tensor costs at 4 bits; empty where no mix was needed.
    """

    trials: tuple[Trial, ...]
    chosen: Selection | None
    limits: Limits
    num_prompts: int
    sensitivity: Mapping[str, float]

    def write(self, folder: Path) -> None:
        """Write both files; times and memory sizes go to `measured.json` alone."""
        write_json(folder / PLAN_FILE, self.as_json())
        write_json(folder / MEASURED_FILE, {"schema": 1, "candidates": [*map(_measured, self._exported())]})

    def as_json(self) -> dict[str, JSON]:
        """Return the part that is the same in every run."""
        budget = self.limits.budget
        why = reasons(self.trials, self.chosen, self.limits)
        winners = {trial.candidate.label for trial in self.chosen or ()}
        return {
            "schema": 1,
            "budget": {
                "disk_bytes": budget.disk_bytes,
                "memory_bytes": budget.memory_bytes,
                "latency_ms": budget.latency_ms,
            },
            "reserved_bytes": self.limits.reserved_bytes,
            "num_prompts": self.num_prompts,
            "chosen": {trial.candidate.engine: trial.candidate.name for trial in self.chosen or ()},
            "models_bytes": total_bytes(self.chosen) if self.chosen else None,
            "engines_agree": engines_agree(self.chosen) if self.chosen else None,
            "sensitivity": dict(self.sensitivity),
            "candidates": [
                _candidate(trial, trial.candidate.label in winners, why[trial.candidate.label]) for trial in self.trials
            ],
        }

    def _exported(self) -> list[Trial]:
        return [trial for trial in self.trials if trial.result is not None]


def engines_agree(selection: Sequence[Trial]) -> float:
    """Return the share of prompts after which every chosen export writes the same greedy tokens."""
    answers = [trial.measured.measurement.tokens_N for trial in selection]
    return float(np.mean([len(set(of_prompt)) == 1 for of_prompt in zip(*answers, strict=True)]))


def _candidate(trial: Trial, chosen: bool, why: str) -> dict[str, JSON]:
    candidate, result = trial.candidate, trial.result
    written: dict[str, JSON] = {
        "engine": candidate.engine,
        "name": candidate.name,
        "status": "chosen" if chosen else "rejected" if result is not None else "not exported",
        "reason": why,
        "forecast_bytes": candidate.forecast_bytes,
        "types": dict(candidate.types),
    }
    if result is None:
        return written
    written["actual_bytes"] = result.actual_bytes
    written["forecast_error"] = _rounded(candidate.forecast_bytes / result.actual_bytes - 1)
    if result.divergence is not None:
        seen = result.divergence
        written["kl"] = {"mean": _rounded(seen.mean), "low": _rounded(seen.low), "high": _rounded(seen.high)}
        written["same_top1"] = _rounded(seen.same_top1)
    return written


def _measured(trial: Trial) -> dict[str, JSON]:
    seen = trial.measured.measurement
    return {
        "engine": trial.candidate.engine,
        "name": trial.candidate.name,
        "peak_memory_bytes": seen.peak_memory_bytes,
        "latency_ms": seen.latency_ms,
        "first_token_ms": seen.first_token_ms,
    }


def _rounded(value: float) -> float:
    """Keep four digits: later ones depend on a machine's order of additions."""
    return float(f"{value:.4g}")
