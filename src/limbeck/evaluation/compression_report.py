"""The report of a compression: what was forecast, asked and measured, and the ladder from full to small."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from limbeck.compression.calibration_text import Calibration
from limbeck.compression.compressed_folder import CARD, MEASURED_FILE, PLAN_FILE
from limbeck.compression.ladder import Rung, ladder
from limbeck.compression.plan import Plan
from limbeck.compression.selection import total_bytes
from limbeck.compression.shortlist import Shortlist
from limbeck.core.budget import Usage, compare
from limbeck.core.device import profile, versions
from limbeck.core.disk import read_json, write_json
from limbeck.core.units import format_bytes
from limbeck.evaluation.template import Filters, draw

_UNITS = {"disk": "bytes", "memory": "bytes", "latency": "ms/token"}
_VERSIONS = ("limbeck", "torch", "transformers", "openvino", "xllamacpp", "numpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is known before anything is exported, in bytes; `most` is everything at 16 bits.

    Args:
        allowed_bytes: the disk budget; None for no limit.
        reserved_bytes: what the tokenizer takes of it.
    """

    engines: tuple[str, ...]
    checkpoint_bytes: int
    reserved_bytes: int
    least_bytes: int
    most_bytes: int
    allowed_bytes: int | None

    @property
    def can_be_met(self) -> bool:
        """Tell whether the smallest exports fit the disk budget."""
        return self.allowed_bytes is None or self.least_bytes <= self.allowed_bytes


def outlook_of(found: Shortlist) -> Outlook:
    """Sum up the forecasts of all engines, the tokenizer included."""
    sizes = [[candidate.forecast_bytes for candidate in each] for each in found.of_engine.values()]
    reserved_bytes = found.limits.reserved_bytes
    return Outlook(
        engines=tuple(found.of_engine),
        checkpoint_bytes=_checkpoint_bytes(found.source.folder),
        reserved_bytes=reserved_bytes,
        least_bytes=reserved_bytes + sum(map(min, sizes)),
        most_bytes=reserved_bytes + sum(map(max, sizes)),
        allowed_bytes=found.limits.budget.disk_bytes,
    )


def write_report(
    folder: Path, plan: Plan, calibration: Calibration, *, name: str, checkpoint: Path
) -> Mapping[str, Any]:
    """Add calibration and machine to the plan's files, write the card, and return the report."""
    told = {"source": calibration.source, "num_texts": calibration.num_texts, "notes": list(calibration.notes)}
    _add(folder / PLAN_FILE, "calibration", told)
    machine = _machine()
    _add(folder / MEASURED_FILE, "machine", machine)
    rows = _budget_rows(plan)
    report = {
        "model": Path(name).name,
        "verdict": {"met": all(row["met"] for row in rows if row["bar"] is not None), "budget": rows, "gates": []},
        "reserved_bytes": plan.limits.reserved_bytes,
        "calibration": {**told, "num_prompts": plan.num_prompts},
        "ladder": [_full(checkpoint), *map(_rung, ladder(plan))],
        "machine": machine,
    }
    (folder / CARD).write_text(draw("compression.md.jinja", _FILTERS, report=report), encoding="utf-8")
    return report


def _add(path: Path, key: str, value: Any) -> None:
    write_json(path, {**(read_json(path) or {}), key: value})


def _budget_rows(plan: Plan) -> list[dict[str, Any]]:
    chosen = plan.chosen or ()
    seen = [trial.measured.measurement for trial in chosen]
    usage = Usage(
        disk_bytes=plan.limits.reserved_bytes + total_bytes(chosen),
        memory_bytes=max(each.peak_memory_bytes for each in seen),
        latency_ms=max(each.latency_ms for each in seen),
    )
    return [
        {
            "name": each.name,
            "value": each.used,
            "unit": _UNITS[each.name],
            "bar": each.allowed,
            "met": each.met if each.allowed is not None else None,
            "used_share": each.share,
        }
        for each in compare(usage, plan.limits.budget)
    ]


def _full(checkpoint: Path) -> dict[str, Any]:
    """Return the row of the checkpoint itself, which is what KL is taken from and runs in no engine."""
    blank = dict.fromkeys(("peak_memory_bytes", "latency_ms", "first_token_ms", "same_top1", "kl", "kl_per_mb"))
    return {"engine": "", "name": "checkpoint", "size_bytes": _checkpoint_bytes(checkpoint), "chosen": False, **blank}


def _rung(rung: Rung) -> dict[str, Any]:
    seen = rung.divergence
    fields = {name: value for name, value in asdict(rung).items() if name not in ("divergence", "is_chosen")}
    kl = None if seen is None else {"mean": seen.mean, "low": seen.low, "high": seen.high}
    return {**fields, "chosen": rung.is_chosen, "kl": kl, "same_top1": None if seen is None else seen.same_top1}


def _checkpoint_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.safetensors"))


def _machine() -> dict[str, Any]:
    return {**asdict(profile()), "versions": dict(versions(_VERSIONS))}


def _kl(kl: Mapping[str, float] | None) -> str:
    return "–" if kl is None else f"{kl['mean']:.2g} ({kl['low']:.2g} – {kl['high']:.2g})"


_FILTERS: Filters = {"bytes": format_bytes, "kl": _kl}
