"""Checkpoints are plain Hugging Face folders: config.json, model.safetensors, tokenizer.json.

Safetensors only, and no code from a checkpoint is ever run.
"""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import torch
from tokenizers import Tokenizer
from transformers import AutoModel, AutoModelForCausalLM, AutoModelForMaskedLM, AutoTokenizer, PreTrainedModel
from transformers.utils import logging

from limbeck.core.errors import LimbeckError, MachineError
from limbeck.core.family import Family
from limbeck.model.chat_template import load as load_template
from limbeck.model.network_shape import NetworkShape
from limbeck.recipe.preset import Preset

FAMILIES = Family(package="limbeck.model.families", noun="network family")
TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
    "special_tokens_map.json",
    "vocab.json",
    "merges.txt",
)

Kind = Literal["causal", "encoder", "masked"]
"""What a checkpoint is loaded for: to write, to understand, or to learn to understand (with its head)."""

_ENCODERS: dict[str, dict[str, bool]] = {"bert": {"add_pooling_layer": False}, "modernbert": {}}
"""The encoders that can be loaded, and what each needs to be told."""

_LOADERS = {"causal": AutoModelForCausalLM, "encoder": AutoModel, "masked": AutoModelForMaskedLM}
_PLAIN_TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)
"""For checkpoints that were never made for dialogue."""

logging.disable_progress_bar()


def create(preset: Preset, tokenizer: Path, folder: Path, *, seed: int) -> None:
    """Write an untrained network of a preset's shape beside a copy of its tokenizer."""
    words = Tokenizer.from_file(str(tokenizer / "tokenizer.json"))
    settings = json.loads((tokenizer / "tokenizer_config.json").read_text(encoding="utf-8"))
    shape = NetworkShape(
        **asdict(preset),
        vocab_size=words.get_vocab_size(),
        end_id=words.encode(settings["eos_token"]).ids[0],
        pad_id=words.encode(settings["pad_token"]).ids[0],
    )
    torch.manual_seed(seed)
    save(FAMILIES.load(shape.family).build(shape), folder, tokenizer=tokenizer)


def fetch(name: str, folder: Path) -> None:
    """Download a checkpoint by its hub id into a plain folder.

    Raises: MachineError: the hub cannot be reached, or has no such checkpoint.
    """
    try:
        network = AutoModelForCausalLM.from_pretrained(name, dtype=torch.float32, use_safetensors=True)
        words = AutoTokenizer.from_pretrained(name)
    except OSError as error:
        reason = str(error).partition("\n")[0]
        fix = "check the id and the connection, or point `base` at a local folder or a preset"
        raise MachineError(f"cannot load {name!r}: {reason}", where="base", fix=fix) from error
    words.save_pretrained(folder)
    save(network, folder, tokenizer=folder)


def load(folder: Path, kind: Kind = "causal") -> PreTrainedModel:
    """Load a network in float32.

    Raises: LimbeckError: not a checkpoint this build can read for `kind`, and what would be one.
    """
    _check(folder, kind)
    settings = {"dtype": torch.float32, "use_safetensors": True, "trust_remote_code": False, "local_files_only": True}
    if kind == "encoder":
        settings |= _ENCODERS[_config(folder)["model_type"]]
    network: PreTrainedModel = _LOADERS[kind].from_pretrained(folder, **settings)
    return network


def save(network: PreTrainedModel, folder: Path, *, tokenizer: Path) -> None:
    """Write a network beside a copy of the tokenizer it was trained with; same weights, same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    network.save_pretrained(folder)
    for name in TOKENIZER_FILES:
        if (tokenizer / name).exists() and tokenizer != folder:
            shutil.copyfile(tokenizer / name, folder / name)
    if load_template(folder) is None:
        (folder / "chat_template.jinja").write_text(_PLAIN_TEMPLATE, encoding="utf-8")


def _check(folder: Path, kind: Kind) -> None:
    missing = [name for name in ("config.json", "tokenizer.json") if not (folder / name).exists()]
    if not missing and not list(folder.glob("*.safetensors")):
        missing = ["model.safetensors"]
    if missing:
        raise LimbeckError(
            f"{folder.name!r} is not a Hugging Face checkpoint: no {', '.join(missing)}",
            where=str(folder),
            fix="point `base` at a folder saved with save_pretrained (safetensors), or use a preset",
        )
    config = _config(folder)
    if config.get("auto_map"):
        raise LimbeckError(
            f"{folder.name!r} brings code of its own",
            where=str(folder),
            fix="use a checkpoint that needs no remote code",
        )
    _check_kind(folder, config, kind)


def _check_kind(folder: Path, config: dict[str, Any], kind: Kind) -> None:
    is_encoder = config.get("model_type") in _ENCODERS
    fault, fix = "", f"use an encoder: {', '.join(_ENCODERS)}"
    if kind == "causal" and (is_encoder or config.get("is_encoder_decoder")):
        fault = "is an encoder" if is_encoder else "is an encoder-decoder"
        fix = "the reference method takes causal decoders (Llama, Qwen, GPT-2)"
    elif kind != "causal" and not is_encoder:
        fault = f"is a {config.get('model_type')}, no encoder that can be loaded"
    elif kind == "masked" and not any(name.endswith("ForMaskedLM") for name in config.get("architectures") or ()):
        fault, fix = "has no head that names masked tokens", "use one saved with its head, as a ...ForMaskedLM"
    if fault:
        raise LimbeckError(f"{folder.name!r} {fault}", where=str(folder), fix=fix)


def _config(folder: Path) -> dict[str, Any]:
    config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return config
