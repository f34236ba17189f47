"""Starting points for networks that are built from scratch: one TOML file each in `presets/`."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from limbeck.core.errors import RecipeError

_FOLDER = Path(__file__).parent / "presets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """The size of a network that a run trains itself."""

    family: str
    hidden_size: int
    intermediate_size: int
    num_layers: int
    head_dim: int
    context_tokens: int


def preset_names() -> tuple[str, ...]:
    """Return every preset name, sorted."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def preset_summary(name: str) -> str:
    """Return the first comment line of a preset."""
    return _text(name).partition("\n")[0].removeprefix("#").strip()


def load_preset(name: str) -> Preset:
    """Read a preset by name.

    Raises: RecipeError: no such preset.
    """
    return Preset(**tomllib.loads(_text(name)))


def _text(name: str) -> str:
    if name not in preset_names():
        raise RecipeError(f"unknown preset {name!r}", fix=f"known: {', '.join(preset_names())}")
    return (_FOLDER / f"{name}.toml").read_text(encoding="utf-8")
