"""Checkpoints that come with Limbeck: Hugging Face folders in `limbeck/model/checkpoints`, found without an import."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from limbeck.core.package import folder_of

TUNING = "tuning.toml"
"""A checkpoint's own defaults for `[fusion]`; its first line says what the checkpoint is."""


def shipped_names() -> tuple[str, ...]:
    """Return the name of every shipped checkpoint that can be a recipe's base, sorted."""
    return tuple(sorted(path.parent.name for path in _root().glob(f"*/{TUNING}")))


def shipped_folder(name: str) -> Path:
    """Return where a shipped checkpoint lies."""
    return _root() / name


def shipped_summary(name: str) -> str:
    """Return the first comment line of a checkpoint's defaults."""
    text = (shipped_folder(name) / TUNING).read_text(encoding="utf-8")
    return text.partition("\n")[0].removeprefix("#").strip()


def tuning_of(folder: Path | None) -> Mapping[str, int | float | bool]:
    """Return the defaults that a checkpoint folder brings for `[fusion]`; none where it brings none."""
    path = folder / TUNING if folder else None
    return tomllib.loads(path.read_text(encoding="utf-8")) if path and path.is_file() else {}


def _root() -> Path:
    return folder_of("limbeck") / "model" / "checkpoints"
