"""Checkpoints are plain Hugging Face folders: config.json, model.safetensors, tokenizer.json.

Safetensors only, and no code from a checkpoint is ever run.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoTokenizer, PreTrainedModel
from transformers.utils import logging

from limbeck.core.errors import LimbeckError, MachineError
from limbeck.model.chat_template import load as load_template
from limbeck.model.checkpoint_kind import LOADERS, check_kind, read_config, settings_of
from limbeck.model.network_family import FAMILIES, Kind
from limbeck.model.network_shape import NetworkShape
from limbeck.model.tokenizer_files import check_tokenizer, copy_tokenizer, has_tokenizer
from limbeck.model.weight_files import check_weights
from limbeck.recipe.preset import Preset

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


def fetch(name: str, folder: Path, kind: Kind = "causal") -> None:
    """Download a checkpoint by its hub id into a plain folder.

    Raises: MachineError: the hub cannot be reached, or has no such checkpoint. LimbeckError: it is of another kind.
    """
    try:
        config = AutoConfig.from_pretrained(name, trust_remote_code=False).to_dict()
        check_kind(config, kind, name=name, where="base")
        settings = _settings(kind, config["model_type"])
        network, report = LOADERS[kind].from_pretrained(name, **settings)
        words = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
    except (OSError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        fix = "check the id, the connection and that it has safetensors, or point `base` at a local folder or a preset"
        raise MachineError(f"cannot load {name!r}: {reason}", where="base", fix=fix) from error
    _check_whole(report, name)
    words.save_pretrained(folder)
    save(network, folder, tokenizer=folder)
    check_tokenizer(folder, network.get_input_embeddings().num_embeddings)


def load(folder: Path, kind: Kind = "causal") -> PreTrainedModel:
    """Load a network in float32.

    Raises: LimbeckError: not a checkpoint this build can read for `kind`, and what would be one; or a damaged one.
    """
    config = _config(folder)
    check_kind(config, kind, name=folder.name, where=str(folder))
    check_weights(folder)
    settings = _settings(kind, config["model_type"]) | {"local_files_only": True}
    with _explained(folder):
        network, report = LOADERS[kind].from_pretrained(folder, **settings)
    _check_whole(report, str(folder))
    check_tokenizer(folder, network.get_input_embeddings().num_embeddings)
    loaded: PreTrainedModel = network
    return loaded


def save(network: PreTrainedModel, folder: Path, *, tokenizer: Path) -> None:
    """Write a network beside a copy of the tokenizer it was trained with; same weights, same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    network.save_pretrained(folder)
    copy_tokenizer(tokenizer, folder)
    if load_template(folder) is None:
        (folder / "chat_template.jinja").write_text(_PLAIN_TEMPLATE, encoding="utf-8")


def _settings(kind: Kind, model_type: str) -> dict[str, Any]:
    safe = {"dtype": torch.float32, "use_safetensors": True, "trust_remote_code": False, "output_loading_info": True}
    return safe | settings_of(model_type, kind)


def _config(folder: Path) -> dict[str, Any]:
    missing = [name for name, is_there in _wanted(folder) if not is_there]
    if missing:
        what = f"{folder.name!r} is not a Hugging Face checkpoint: no {', '.join(missing)}"
        fix = "point `base` at a folder saved with save_pretrained (safetensors), or use a preset"
        raise LimbeckError(what, where=str(folder), fix=fix)
    return read_config(folder)


def _wanted(folder: Path) -> list[tuple[str, bool]]:
    return [("config.json", (folder / "config.json").is_file()), ("tokenizer.json", has_tokenizer(folder))]


def _check_whole(report: dict[str, Any], where: str) -> None:
    """Refuse a checkpoint that lacks weights: transformers would draw them at random."""
    lacking = sorted(report["missing_keys"])
    if lacking:
        shown = ", ".join(lacking[:3]) + (" …" if len(lacking) > 3 else "")
        what = f"the checkpoint lacks {len(lacking)} tensors of its network: {shown}"
        raise LimbeckError(what, where=where, fix="copy it again, or save the whole network with its head")


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Turn what transformers raises over a damaged folder into an error with a fix."""
    try:
        yield
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().partition("\n")[0]
        fix = "copy the folder again, or save it anew with save_pretrained"
        raise LimbeckError(f"cannot load {folder.name!r}: {reason}", where=str(folder), fix=fix) from error
