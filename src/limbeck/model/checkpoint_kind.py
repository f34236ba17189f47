"""What a checkpoint can be loaded for, told from its config.json before any weight is read."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers import AutoModel, AutoModelForCausalLM, AutoModelForMaskedLM, AutoModelForSeq2SeqLM
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
)

from limbeck.core.errors import LimbeckError
from limbeck.model.network_family import Kind

LOADERS: Mapping[Kind, Any] = {
    "causal": AutoModelForCausalLM,
    "encoder": AutoModel,
    "masked": AutoModelForMaskedLM,
    "seq2seq": AutoModelForSeq2SeqLM,
}
_ENCODERS: Mapping[str, dict[str, bool]] = {
    "bert": {"add_pooling_layer": False},
    "distilbert": {},
    "modernbert": {},
    "roberta": {"add_pooling_layer": False},
}
"""The encoders that can be loaded, and what each needs to be told where its head is left out."""

_ENCODER_DECODERS = ("bart", "mt5", "t5")
_SUPPORTED: Mapping[Kind, str] = {
    "causal": "a causal decoder: Llama, Qwen3, GPT-2, DialoGPT and their like",
    "encoder": f"an encoder: {', '.join(_ENCODERS)}",
    "masked": f"an encoder: {', '.join(_ENCODERS)}",
    "seq2seq": f"an encoder-decoder: {', '.join(_ENCODER_DECODERS)}",
}


def read_config(folder: Path) -> dict[str, Any]:
    """Read config.json.

    Raises: LimbeckError: it is damaged.
    """
    path = folder / "config.json"
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LimbeckError(f"{path.name} is damaged: {error}", where=str(path), fix="copy it again") from error
    return config


def check_kind(config: Mapping[str, Any], kind: Kind, *, name: str, where: str) -> None:
    """Refuse a checkpoint that is not of a kind, or that brings code of its own.

    Raises: LimbeckError: with what would be one.
    """
    if config.get("auto_map"):
        fix = "use a checkpoint that needs no remote code"
        raise LimbeckError(f"{name!r} brings code of its own", where=where, fix=fix)
    fault, fix = _fault(config, kind), f"use {_SUPPORTED[kind]}"
    if kind == "masked" and fault is None and not _has_head(config):
        fault, fix = "has no head that names masked tokens", "use one saved with its head, as a ...ForMaskedLM"
    if fault is not None:
        raise LimbeckError(f"{name!r} {fault}", where=where, fix=fix)


def settings_of(model_type: str, kind: Kind) -> dict[str, bool]:
    """Return what the loader of a kind must be told besides."""
    return dict(_ENCODERS[model_type]) if kind == "encoder" else {}


def kind_of(folder: Path, config: Mapping[str, Any]) -> Kind:
    """Return what a checkpoint can learn: "masked", "causal" or "seq2seq".

    Raises: LimbeckError: none of them.
    """
    found: tuple[Kind, ...] = ("causal", "masked", "seq2seq")
    for kind in found:
        if _fault(config, kind) is None:
            return kind
    what = f"{folder.name!r} is a {config.get('model_type')}, which is not supported"
    raise LimbeckError(what, where=str(folder), fix=f"use {'; '.join(_SUPPORTED[kind] for kind in found)}")


def _fault(config: Mapping[str, Any], kind: Kind) -> str | None:
    name = config.get("model_type")
    is_encoder = name in _ENCODERS or (name in MODEL_FOR_MASKED_LM_MAPPING_NAMES and not config.get("is_decoder"))
    is_pair = bool(config.get("is_encoder_decoder"))
    if kind == "causal":
        if is_pair or is_encoder:
            return f"is an {'encoder-decoder' if is_pair else 'encoder'} ({name}), no causal decoder"
        return None if name in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES else f"is a {name}, no causal decoder that is known"
    if kind == "seq2seq":
        return None if name in _ENCODER_DECODERS else f"is a {name}, no encoder-decoder that can be loaded"
    return None if name in _ENCODERS else f"is a {name}, no encoder that can be loaded"


def _has_head(config: Mapping[str, Any]) -> bool:
    return any(name.endswith("ForMaskedLM") for name in config.get("architectures") or ())
