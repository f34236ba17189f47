"""How far from the full model exports of equal bytes are, ours and NNCF's, on text that none of them saw.

N = sequences, T = tokens, V = vocabulary.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import openvino as ov
from compression_models import Subject

from limbeck.compression.calibration_text import calibrate_on_files
from limbeck.compression.candidates import uniform_types
from limbeck.compression.checkpoint_tensors import read_checkpoint
from limbeck.compression.divergence import bootstrap_interval, kl_divergences
from limbeck.compression.effort import Effort
from limbeck.compression.limits import Limits
from limbeck.compression.rounding import Rounding
from limbeck.compression.search import forecast, search
from limbeck.core.budget import Budget
from limbeck.core.progress import silent
from limbeck.engine.export import exporter_for
from limbeck.engine.export_format import export_formats
from limbeck.model.text_tokenizer import load as load_tokenizer

LENGTH, SEQUENCES, CALIBRATION_SEQUENCES = 128, 64, 64
_BIN, _XML = "openvino_model.bin", "openvino_model.xml"
_SETTINGS = {"INFERENCE_PRECISION_HINT": "f32", "KV_CACHE_PRECISION": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One export: whose it is, the bytes of its weights, and its distance from the full model."""

    name: str
    weight_bytes: int
    kl_N: npt.NDArray[np.float64]
    same_top1: float

    @property
    def kl(self) -> float:
        return float(self.kl_N.mean())


@dataclass(frozen=True, slots=True, kw_only=True)
class Duel:
    """The exports of one model within one limit; ours is the first."""

    subject: str
    bits: float
    limit_bytes: int
    exports: tuple[Export, ...]

    @property
    def best_other(self) -> Export:
        """Return the baseline with the least KL within the limit."""
        return min((one for one in self.exports[1:] if one.weight_bytes <= self.limit_bytes), key=lambda one: one.kl)

    def ratio(self) -> tuple[float, float, float]:
        """Return our KL over the best baseline's, with its interval over sequences."""
        ours_N, theirs_N = self.exports[0].kl_N, self.best_other.kl_N
        picks_RN = np.random.default_rng(0).integers(0, len(ours_N), size=(1000, len(ours_N)))
        ratios_R = ours_N[picks_RN].mean(axis=1) / theirs_N[picks_RN].mean(axis=1)
        low, high = np.quantile(ratios_R, (0.025, 0.975))
        return float(ours_N.mean() / theirs_N.mean()), float(low), float(high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A model, its full-precision export, and what all others are held against."""

    subject: Subject
    work: Path
    held_NT: npt.NDArray[np.int64]
    full: npt.NDArray[np.float32]

    def duel(self, bits: float, python: Path) -> Duel:
        """Compress to so many bits per weight, in both ways, and measure all that keep to it."""
        work = self.work / f"{bits:g}"
        nearest = self._uniform(work / "q4")
        # 4-bit codes and a scale for 32 of them are 4.5 bits; vectors come on top
        limit_bytes = max(int(bits * self._num_weights() / 8), (nearest / _BIN).stat().st_size)
        overhead = sum(path.stat().st_size for path in nearest.iterdir() if path.name != _BIN)
        ours = self._measure("limbeck", self._compress(limit_bytes + overhead, work / "limbeck"))
        program = Path(__file__).with_name("nncf_baseline.py")
        command = [
            python,
            program,
            self.work / "full" / _XML,
            self.work / "calibration.npy",
            limit_bytes,
            work / "nncf",
        ]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"nncf failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        others = [
            self._measure(f"nncf {path.parent.name}", path.parent) for path in sorted(work.glob(f"nncf/*/{_XML}"))
        ]
        rounded = self._measure("limbeck q4, nearest", nearest)
        return Duel(subject=self.subject.name, bits=bits, limit_bytes=limit_bytes, exports=(ours, *others, rounded))

    def _num_weights(self) -> int:
        return sum(weight.size for weight in read_checkpoint(self.subject.folder).weights.values())

    def _compress(self, disk_bytes: int, out: Path) -> Path:
        """Run our search, with all its effort."""
        calibration = calibrate_on_files([self.subject.calibration], self.subject.folder, context_tokens=None)
        limits = Limits(budget=Budget(disk_bytes=disk_bytes))
        found = forecast(self.subject.folder, limits, export_formats(["openvino"]))
        cache = self.work / "sensitivity.json"
        effort = Effort(learning=calibration.learning, distils=True)
        search(found, calibration.prompts, out=out, phases=lambda _: silent, cache=cache, effort=effort)
        return out / "models" / "openvino"

    def _uniform(self, out: Path) -> Path:
        export(self.subject.folder, "q4", out)
        return out

    def _measure(self, name: str, folder: Path) -> Export:
        logits = run(folder, self.held_NT)
        kl_NT = kl_divergences(self.full.reshape(-1, self.full.shape[-1]), logits.reshape(-1, logits.shape[-1]))
        same = (self.full.argmax(-1) == logits.argmax(-1)).mean()
        return Export(
            name=name,
            weight_bytes=(folder / _BIN).stat().st_size,
            kl_N=kl_NT.reshape(len(self.held_NT), -1).mean(axis=1),
            same_top1=float(same),
        )


def open_bench(subject: Subject, work: Path) -> Bench:
    """Export the full model and score the held-out text with it."""
    work.mkdir(parents=True, exist_ok=True)
    if not (work / "full" / _XML).exists():
        export(subject.folder, "f32", work / "full")
    np.save(work / "calibration.npy", sequences(subject.calibration, subject.folder, CALIBRATION_SEQUENCES))
    held_NT = sequences(subject.held_out, subject.folder, SEQUENCES)
    return Bench(subject=subject, work=work, held_NT=held_NT, full=run(work / "full", held_NT))


def export(checkpoint: Path, kind: str, out: Path) -> None:
    """Write a checkpoint with every matrix of one type."""
    source = read_checkpoint(checkpoint)
    types = uniform_types(source.weights, kind) if kind != "f32" else dict.fromkeys(source.weights, "f32")
    out.mkdir(parents=True, exist_ok=True)
    tensors = source.as_stored(Rounding().tensors(source.weights, types))
    exporter_for("openvino").write(checkpoint, tensors, out)


def sequences(text: Path, model: Path, count: int) -> npt.NDArray[np.int64]:
    """Return sequences of a text, evenly spaced."""
    tokens = load_tokenizer(model).encode(text.read_text(encoding="utf-8"))
    rows = [tokens[start : start + LENGTH] for start in range(0, len(tokens) - LENGTH + 1, LENGTH)]
    picks = np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(int)
    return np.array([rows[pick] for pick in picks], np.int64)


def run(folder: Path, tokens_NT: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Return the scores (N, T, V) of every next token."""
    request = ov.Core().compile_model(folder / _XML, "CPU", _SETTINGS).create_infer_request()
    found = []
    for start in range(0, len(tokens_NT), 8):
        batch_BT = tokens_NT[start : start + 8]
        request.reset_state()
        inputs = {
            "input_ids": batch_BT,
            "attention_mask": np.ones_like(batch_BT),
            "position_ids": np.tile(np.arange(batch_BT.shape[1]), (len(batch_BT), 1)),
            "beam_idx": np.arange(len(batch_BT), dtype=np.int32),
        }
        found.append(np.array(request.infer(inputs)["logits"], np.float32))
    return np.concatenate(found)


def interval(export: Export) -> tuple[float, float]:
    """Return the 95 % interval of an export's KL over sequences."""
    return bootstrap_interval(export.kl_N)
