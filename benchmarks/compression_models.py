"""The models that compression is measured on: the starter, and two that are trained here on text that is at hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cmrc import NAME, passages

from limbeck.cli.progress import Lines
from limbeck.core.package import folder_of
from limbeck.core.store import Store
from limbeck.model.checkpoint import create
from limbeck.model.train_model import train_model
from limbeck.model.train_options import TrainOptions
from limbeck.recipe.preset import Preset
from limbeck.recipe.shipped import shipped_folder

SHAPE = {"hidden_size": 192, "num_layers": 4, "head_dim": 64, "context_tokens": 512}
SHAPES = {
    "llama": Preset(family="llama", intermediate_size=512, **SHAPE),
    "gpt2": Preset(family="gpt2", intermediate_size=768, **SHAPE),
}
TEXTS = {
    "llama": "tinystories_2mb/tinystories_sample.txt",
    "gpt2": "wikitext2/valid.txt",
    "starter": NAME,
}
STEPS, LENGTH, BATCH_SIZE = 600, 128, 16
TRAIN_SHARE, CALIBRATION_SHARE = 0.8, 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A checkpoint, the text it is calibrated on, and text that neither training nor calibration saw."""

    name: str
    folder: Path
    calibration: Path
    held_out: Path


def subjects(data: Path, work: Path) -> list[Subject]:
    """Make what is not there yet; the same data gives the same weights."""
    return [_subject(name, data, work / name) for name in ("starter", "llama", "gpt2")]


def _subject(name: str, data: Path, work: Path) -> Subject:
    work.mkdir(parents=True, exist_ok=True)
    text = _text(data / TEXTS[name])
    parts = {"train": (0.0, TRAIN_SHARE), "calibration": (TRAIN_SHARE, CALIBRATION_SHARE)}
    parts["held_out"] = (CALIBRATION_SHARE, 1.0)
    for part, (start, end) in parts.items():
        piece = text[int(start * len(text)) : int(end * len(text))]
        (work / f"{part}.txt").write_text(piece, encoding="utf-8")
    folder = shipped_folder(name) if name == "starter" else _trained(name, work)
    return Subject(name=name, folder=folder, calibration=work / "calibration.txt", held_out=work / "held_out.txt")


def _text(path: Path) -> str:
    return "\n\n".join(passages(path)) if path.suffix == ".json" else path.read_text(encoding="utf-8")


def _trained(name: str, work: Path) -> Path:
    tokenizer = folder_of("limbeck.model") / "presets" / "tiny"
    if not (work / "fresh" / "config.json").exists():
        create(SHAPES[name], tokenizer, work / "fresh", seed=0)
    options = TrainOptions(
        model=str(work / "fresh"), data=(work / "train.txt",), steps=STEPS, length=LENGTH, batch_size=BATCH_SIZE
    )

    def prepared(_: Mapping[str, Any]) -> None:
        """Hear of the data; nothing is shown."""

    return train_model(options, Store(work / "store"), Lines(), prepared).path
