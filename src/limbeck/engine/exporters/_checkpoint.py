"""What an exporter needs of a checkpoint folder besides its weights."""

import difflib
import json
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np

from limbeck.compression.quantised_tensor import GROUP_SIZE, QuantisedTensor, Tensor, TensorType
from limbeck.core.errors import LimbeckError

_STORED_TRANSPOSED = ("attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A Hugging Face folder: its configuration and the shape of each of its tensors."""

    folder: Path
    config: dict[str, Any]
    shapes: dict[str, tuple[int, ...]]
    stamp: tuple[int, ...]

    def is_transposed(self, name: str) -> bool:
        """Tell whether a weight is stored as (inputs, outputs), as GPT-2 does; codes never are."""
        return self.config.get("model_type") == "gpt2" and name.endswith(_STORED_TRANSPOSED)

    def check_names(self, names: Iterable[str]) -> None:
        """Refuse a set of names that is not exactly the checkpoint's.

        Raises: LimbeckError: a tensor is missing or unknown.
        """
        given = set(names)
        for missing in sorted(self.shapes.keys() - given):
            raise LimbeckError(f"tensor {missing!r} is missing from the export", where=str(self.folder))
        for unknown in sorted(given - self.shapes.keys()):
            near = difflib.get_close_matches(unknown, self.shapes, n=1)
            fix = f"did you mean {near[0]!r}?" if near else None
            raise LimbeckError(f"the checkpoint has no tensor {unknown!r}", where=str(self.folder), fix=fix)

    def check_types(self, types: Mapping[str, str]) -> None:
        """Refuse types that these tensors cannot have.

        Raises: LimbeckError: a tensor is missing or unknown, a type is unknown, or its groups do not fit.
        """
        self.check_names(types)
        for name, kind in types.items():
            if kind not in get_args(TensorType):
                known = ", ".join(get_args(TensorType))
                raise LimbeckError(f"unknown tensor type {kind!r}", where=name, fix=f"known: {known}")
            shape = self.shapes[name]
            columns = shape[0] if self.is_transposed(name) else shape[-1]
            if len(shape) > 1 and kind.startswith("q") and columns % GROUP_SIZE:
                fix = "use f16"
                raise LimbeckError(f"{columns} inputs do not split into groups of {GROUP_SIZE}", where=name, fix=fix)


def storable(tensor: Tensor) -> Tensor:
    """Return a tensor as files hold it: vectors, and numbers other than float16, as float32."""
    if isinstance(tensor, QuantisedTensor):
        return tensor
    values = np.asarray(tensor)
    return values if values.ndim > 1 and values.dtype == np.float16 else values.astype(np.float32, copy=False)


def read_checkpoint(folder: Path) -> Checkpoint:
    """Read the configuration and the tensor shapes of a folder, not its weights.

    Raises: LimbeckError: a file is missing or is not what its name says.
    """
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        shapes = _shapes(folder / "model.safetensors")
        stamp = tuple(
            (folder / name).stat().st_mtime_ns for name in ("config.json", "model.safetensors", "tokenizer.json")
        )
    except (OSError, ValueError, struct.error) as error:
        raise LimbeckError(f"not a readable checkpoint: {error}", where=str(folder)) from error
    return Checkpoint(folder=folder, config=config, shapes=shapes, stamp=stamp)


def _shapes(path: Path) -> dict[str, tuple[int, ...]]:
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    return {name: tuple(entry["shape"]) for name, entry in sorted(header.items()) if name != "__metadata__"}
