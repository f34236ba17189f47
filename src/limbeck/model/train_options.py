"""What a training is asked for, and what was chosen where nothing was asked."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from limbeck.core.errors import UsageError
from limbeck.model.lessons import ObjectiveName


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainOptions:
    """A training as the command line states it; None leaves a value to be chosen.

    rank: of the adapter, where `lora` is asked for. memory_bytes: what the process may use; None measures what is free.
    Raises: UsageError: two options contradict each other.
    """

    model: str
    data: tuple[Path, ...]
    objective: ObjectiveName | None = None
    lora: bool = False
    rank: int | None = None
    steps: int | None = None
    epochs: float | None = None
    rate: float | None = None
    batch_size: int | None = None
    length: int | None = None
    held_out: Path | None = None
    memory_bytes: int | None = None
    tune: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.steps is not None and self.epochs is not None:
            raise UsageError("--steps and --epochs both say how long", where="limbeck train", fix="give one of them")
        if self.rank is not None and not self.lora:
            raise UsageError("--rank is that of an adapter", where="limbeck train", fix="add --lora")

    def as_params(self) -> dict[str, Any]:
        """Return what counts in the key of a training: all but the files, which count by their content."""
        fields = asdict(self)
        for name in ("data", "held_out", "model", "tune"):
            del fields[name]
        return fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A value that a training uses, and why: as asked, or by which rule."""

    name: str
    value: int | float | str
    why: str
