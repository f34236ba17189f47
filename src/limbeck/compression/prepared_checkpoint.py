"""A checkpoint folder as the exporters read it: one safetensors file, tensor names of the network, tokenizer.json."""

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from limbeck.compression.checkpoint_tensors import check_settings, check_stored_types
from limbeck.core.errors import LimbeckError

SUPPORTED = "a causal decoder: gpt2, granite, llama, mistral, olmo2, qwen2 or qwen3"
"""What can be compressed. Others either trace wrongly or not at all."""

_DECODERS = frozenset(("gpt2", "granite", "llama", "mistral", "olmo2", "qwen2", "qwen3"))
_WEIGHTS = "model.safetensors"


def prepare(folder: Path, work: Path) -> Path:
    """Return a folder the exporters can read: `folder` itself where it is one, else a copy of its model in `work`.

    Shards, older tokenizer files, a tied head that is stored twice and names without their prefix are put right.
    Raises: LimbeckError: an encoder, an encoder-decoder, another family, already quantised, or damaged.
    """
    from limbeck.model import checkpoint
    from limbeck.model.checkpoint_kind import check_kind, read_config
    from limbeck.model.weight_files import check_weights

    config = read_config(folder)
    check_settings(folder, config)
    check_kind(config, "causal", name=folder.name, where=str(folder))
    _check_family(folder, config)
    check_weights(folder)
    for path in sorted(folder.glob("*.safetensors")):
        check_stored_types(path, {name: entry["dtype"] for name, entry in _header(path).items()})
    if _is_plain(folder, config):
        return folder
    plain = work / folder.resolve().name
    checkpoint.save(checkpoint.load(folder), plain, tokenizer=folder)
    return plain


def _check_family(folder: Path, config: Mapping[str, Any]) -> None:
    family, where = config.get("model_type"), str(folder / "config.json")
    if family not in _DECODERS:
        raise LimbeckError(f"cannot compress a {family!r} model", where=where, fix=f"use {SUPPORTED}")
    if config.get("sliding_window") and config.get("use_sliding_window", True):
        what = f"cannot compress a {family} that attends through a sliding window: the export would read further back"
        raise LimbeckError(what, where=where, fix="use a model without one, or set sliding_window to null")


def _is_plain(folder: Path, config: Mapping[str, Any]) -> bool:
    if not all((folder / name).is_file() for name in (_WEIGHTS, "tokenizer.json")):
        return False
    return _header(folder / _WEIGHTS).keys() == _network_names(config)


def _header(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        return {name: entry for name, entry in json.loads(file.read(length)).items() if name != "__metadata__"}


def _network_names(config: Mapping[str, Any]) -> set[str]:
    """Name the weights of a network without making one; of tied weights, the first."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    try:
        settings = AutoConfig.for_model(**config)
        with torch.device("meta"):
            network = AutoModelForCausalLM.from_config(settings)
    except (ValueError, TypeError, KeyError, AttributeError):
        return set()  # loading it will tell what is wrong with the settings
    return {name for name, _ in network.named_parameters()}
