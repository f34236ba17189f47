"""Compress a model by name: the whole way from a checkpoint and a budget to a folder that keeps to it."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from limbeck.compression.calibration_text import Calibration, calibrate_on_built_in, calibrate_on_files
from limbeck.compression.compressed_folder import TOKENIZER_FOLDER
from limbeck.compression.effort import Effort
from limbeck.compression.limits import Limits
from limbeck.compression.prepared_checkpoint import SUPPORTED, prepare
from limbeck.compression.search import forecast, search
from limbeck.core.budget import Budget
from limbeck.core.disk import disk_errors
from limbeck.core.errors import LimbeckError
from limbeck.core.progress import Phases
from limbeck.engine.export import exporter_for
from limbeck.engine.export_format import EngineFormat, export_formats
from limbeck.evaluation.compression_delivery import making
from limbeck.evaluation.compression_report import Outlook, outlook_of, write_report
from limbeck.model.base_model import find_base
from limbeck.model.checkpoint import fetch
from limbeck.model.checkpoint_kind import read_config
from limbeck.model.context_tokens import context_tokens
from limbeck.model.text_tokenizer import load as load_tokenizer
from limbeck.model.tokenizer_files import copy_tokenizer

_DECODED_TOKENS = 40
"""What measuring writes after a prompt, at most."""

_MOST_DISTILLED = 60_000_000
"""Weights; beyond, fitting scales on a processor would take hours."""

_LEAST_CONTEXT = 2 * _DECODED_TOKENS
_CONFIGS = ("config.json", "generation_config.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompressOptions:
    """A compression as the command line states it; without data, built-in text stands in."""

    model: str
    budget: Budget
    engines: tuple[str, ...]
    data: tuple[Path, ...] = ()


def compress_model(
    options: CompressOptions, target: Path, *, cache: Path, phases: Phases, foreseen: Callable[[Outlook], None]
) -> Mapping[str, Any]:
    """Leave models, tokenizer and evidence at `target`, and return the report; `foreseen` hears the forecast first.

    Args:
        cache: the folder that keeps sensitivities for the next budget.
    Raises: GateError: nothing fits, with the nearest budget that would. LimbeckError: the model, the data or the
        target is no good. MachineError: the disk or the hub refuses.
    """
    for engine in options.engines:
        exporter_for(engine)
    _check_files(options.data)
    with making(target) as out, tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as work:
        phases("reading")
        model = prepare(_source(options.model, Path(work)), Path(work))
        reserved_bytes = _write_tokenizer(model, out / TOKENIZER_FOLDER)
        limits = Limits(budget=options.budget, reserved_bytes=reserved_bytes, reserved_for="tokenizer")
        found = forecast(model, limits, _formats(options, model))
        foreseen(outlook_of(found))
        calibration = _calibration(options, model, phases)
        with disk_errors(cache):
            cache.mkdir(parents=True, exist_ok=True)
        kept = cache / f"{target.name}.json"
        num_weights = sum(weight.size for weight in found.source.weights.values())
        distils = bool(calibration.learning) and num_weights <= _MOST_DISTILLED
        effort = Effort(measures_all=True, learning=calibration.learning, distils=distils)
        plan = search(found, calibration.prompts, out=out, phases=phases, cache=kept, effort=effort)
        return write_report(out, plan, calibration, name=options.model, checkpoint=model)


def _source(name: str, work: Path) -> Path:
    named = find_base(name)
    if named.place == "preset":
        fix = f"give {SUPPORTED}, as a Hugging Face folder or a hub id; `limbeck train {name}` makes one"
        raise LimbeckError(f"the preset {name!r} is untrained: there is nothing to compress", where=name, fix=fix)
    if named.folder is not None:
        return named.folder
    fetch(name, work / "fetched")
    return work / "fetched"


def _formats(options: CompressOptions, model: Path) -> tuple[EngineFormat, ...]:
    return export_formats(options.engines, stop_ids=load_tokenizer(model).stop_ids)


def _write_tokenizer(model: Path, folder: Path) -> int:
    """Copy what it takes to talk with the model without its checkpoint, and return its bytes."""
    folder.mkdir()
    copy_tokenizer(model, folder)
    for name in _CONFIGS:
        if (model / name).is_file():
            (folder / name).write_bytes((model / name).read_bytes())
    return sum(path.stat().st_size for path in folder.iterdir())


def _calibration(options: CompressOptions, model: Path, phases: Phases) -> Calibration:
    context = _context_tokens(model)
    if not options.data:
        return calibrate_on_built_in(model, context_tokens=context)
    return calibrate_on_files(options.data, model, context_tokens=context, progress=phases("data"))


def _context_tokens(model: Path) -> int | None:
    """Return how long a prompt may be, with room for what is written after it."""
    limit = context_tokens(read_config(model))
    if limit is None:
        return None
    if limit < _LEAST_CONTEXT:
        what = f"the model reads {limit} tokens, too few to be measured on"
        raise LimbeckError(what, where=str(model), fix=f"use one that reads at least {_LEAST_CONTEXT}")
    return limit - _DECODED_TOKENS


def _check_files(files: tuple[Path, ...]) -> None:
    for path in files:
        if not path.is_file():
            what = f"'{path}' is a folder" if path.is_dir() else f"there is no '{path}'"
            raise LimbeckError(what, where="--data", fix="give a file: text, CSV, TSV, JSON, JSONL or Parquet")
