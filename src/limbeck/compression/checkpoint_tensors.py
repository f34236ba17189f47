"""Read a checkpoint's weights as float32, each stored tensor once, or say why it cannot be compressed."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, deserialize

from limbeck.compression.quantised_tensor import QuantisedTensor, Tensor
from limbeck.core.errors import LimbeckError

HEAD = "lm_head.weight"

_STORED_TRANSPOSED = ("attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight")
_READERS: dict[str, str] = {"F64": "<f8", "F32": "<f4", "F16": "<f2"}
_LARGEST_FLOAT16 = float(np.finfo(np.float16).max)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The weights of a Hugging Face folder in name order; a tied head is left out.

    Args:
        weights: matrices as (outputs, inputs).
        transposed: those the files hold as (inputs, outputs), as GPT-2 does.
        vocab_size: token ids are below it.
    """

    folder: Path
    weights: dict[str, npt.NDArray[np.float32]]
    transposed: frozenset[str]
    vocab_size: int

    def as_stored(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Turn plain numbers the way the files hold them; codes stay (outputs, inputs)."""
        return {
            name: tensor.T if name in self.transposed and not isinstance(tensor, QuantisedTensor) else tensor
            for name, tensor in tensors.items()
        }


def read_checkpoint(folder: Path) -> Checkpoint:
    """Read `config.json` and every `*.safetensors` file of a folder.

    Raises: LimbeckError: files missing or damaged, weights already quantised, or a weight that is NaN,
    infinite or too large for fp16.
    """
    config = _read_config(folder)
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise LimbeckError("no model.safetensors", where=str(folder), fix="run the fusion stage again: limbeck run")
    weights = {name: weight for path in files for name, weight in _read_file(path)}
    if config.get("tie_word_embeddings", False):
        weights.pop(HEAD, None)
    for name, weight in weights.items():
        _refuse_broken(name, weight, folder)
    is_gpt2 = config.get("model_type") == "gpt2"
    transposed = frozenset(name for name in weights if is_gpt2 and name.endswith(_STORED_TRANSPOSED))
    return Checkpoint(
        folder=folder,
        weights={name: weights[name].T if name in transposed else weights[name] for name in sorted(weights)},
        transposed=transposed,
        vocab_size=int(config.get("vocab_size", 2**31)),
    )


def check_settings(folder: Path, config: Mapping[str, Any]) -> None:
    """Refuse a `config.json` that a quantiser left its settings in.

    Raises: LimbeckError: it names them.
    """
    if "quantization_config" in config:
        raise _already_quantised(f"config.json names {'quantization_config'!r}", folder)


def check_stored_types(path: Path, kinds: Mapping[str, str]) -> None:
    """Refuse tensors that are stored as anything but plain numbers of 16, 32 or 64 bits.

    Raises: LimbeckError: with the first of them.
    """
    for name, kind in kinds.items():
        if kind not in _READERS and kind != "BF16":
            raise _already_quantised(f"tensor {name!r} is stored as {kind}", path)


def _read_config(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        fix = "give a Hugging Face folder with config.json and model.safetensors"
        raise LimbeckError("no config.json", where=str(folder), fix=fix) from error
    except ValueError as error:
        raise LimbeckError(f"config.json is damaged: {error}", where=str(path), fix="export the model again") from error
    if not isinstance(config, dict):
        raise LimbeckError("config.json is not an object", where=str(path), fix="export the model again")
    check_settings(folder, config)
    return config


def _read_file(path: Path) -> Iterator[tuple[str, npt.NDArray[np.float32]]]:
    try:
        entries = deserialize(path.read_bytes())  # type: ignore[no-untyped-call]
    except SafetensorError as error:
        raise LimbeckError(f"{path.name} is damaged: {error}", where=str(path), fix="copy the model again") from error
    check_stored_types(path, {name: entry["dtype"] for name, entry in entries})
    for name, entry in entries:
        kind, data = entry["dtype"], entry["data"]
        if kind == "BF16":
            values = (np.frombuffer(data, dtype="<u2").astype(np.uint32) << 16).view(np.float32)
        else:
            values = np.frombuffer(data, dtype=_READERS[kind]).astype(np.float32)
        yield name, values.reshape(entry["shape"])


def _refuse_broken(name: str, weight: npt.NDArray[np.float32], folder: Path) -> None:
    broken = int(weight.size - np.count_nonzero(np.isfinite(weight)))
    if broken:
        raise LimbeckError(
            f"{broken} of {weight.size} weights of {name!r} are NaN or infinite",
            where=str(folder),
            fix="the training run diverged: lower its learning rate and train again",
        )
    if weight.size and (peak := float(np.abs(weight).max())) > _LARGEST_FLOAT16:
        raise LimbeckError(
            f"a weight of {peak:.3g} in {name!r} does not fit 16 bits",
            where=str(folder),
            fix="train with weight decay, so that weights stay below 65504",
        )


def _already_quantised(what: str, where: Path) -> LimbeckError:
    return LimbeckError(
        f"the checkpoint is already quantised: {what}",
        where=str(where),
        fix="start from the 16- or 32-bit checkpoint it was made from",
    )
