"""Checkpoints are plain Hugging Face folders: config.json, model.safetensors, tokenizer.json.

Safetensors only, and no code from a checkpoint is ever run.
"""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel
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


def load(folder: Path) -> PreTrainedModel:
    """Load a causal network in float32.

    Raises: LimbeckError: not a checkpoint this build can read, and what would be one.
    """
    _check(folder)
    network: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, use_safetensors=True, trust_remote_code=False, local_files_only=True
    )
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


def _check(folder: Path) -> None:
    missing = [name for name in ("config.json", "tokenizer.json") if not (folder / name).exists()]
    if not missing and not list(folder.glob("*.safetensors")):
        missing = ["model.safetensors"]
    if missing:
        raise LimbeckError(
            f"{folder.name!r} is not a Hugging Face checkpoint: no {', '.join(missing)}",
            where=str(folder),
            fix="point `base` at a folder saved with save_pretrained (safetensors), or use a preset",
        )
    kind = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if kind.get("auto_map"):
        raise LimbeckError(
            f"{folder.name!r} brings code of its own",
            where=str(folder),
            fix="use a checkpoint that needs no remote code",
        )
    if kind.get("is_encoder_decoder"):
        raise LimbeckError(
            f"{folder.name!r} is an encoder-decoder",
            where=str(folder),
            fix="the reference method takes causal decoders (Llama, Qwen, GPT-2)",
        )
