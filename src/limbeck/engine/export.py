"""Find what writes the files an engine reads."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, cast

from limbeck.compression.quantised_tensor import Tensor
from limbeck.core.family import Family
from limbeck.engine.engine import ENGINES, EngineModule

EXPORTERS = Family(package="limbeck.engine.exporters", noun="export format")


class Exporter(Protocol):
    """What a file in `exporters/` offers."""

    def write(self, checkpoint: Path, tensors: Mapping[str, Tensor], target: Path) -> None:
        """Write a checkpoint's configuration and tokenizer with these weights into `target`."""

    def forecast_bytes(self, checkpoint: Path, types: Mapping[str, str]) -> int:
        """Tell the size of what `write` would write, given the type of each tensor."""


def exporter_for(engine: str) -> Exporter:
    """Return the exporter of the format that an engine reads.

    Raises: LimbeckError: no such engine, or nothing writes its format.
    """
    module = cast(EngineModule, ENGINES.load(engine))
    return cast(Exporter, EXPORTERS.load(module.FORMAT))
