"""LoRA: train a small adapter beside the frozen weights of a network, save it by itself, or merge it into them.

Source: Hu et al. 2021, https://arxiv.org/abs/2106.09685; the layers are those of `peft`.
"""

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.tuners.tuners_utils import BaseTunerLayer
from safetensors import SafetensorError
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from limbeck.core.errors import LimbeckError
from limbeck.model.network_family import FAMILIES
from limbeck.model.weight_files import check_tensors

_CONFIG, _WEIGHTS, _CARD = "adapter_config.json", "adapter_model.safetensors", "README.md"
_ALL = "all-linear"
"""What peft calls every matrix but the head: for architectures that are no family of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lora:
    """How large an adapter is: each matrix gets two of `rank`, whose product counts `alpha / rank` times.

    There is no dropout: that draws from a generator which a training checkpoint does not hold.
    """

    rank: int = 8
    alpha: int = 16


@final
class Adapter:
    """A network with an adapter inside: the one that was given, changed in place; it is what one trains."""

    def __init__(self, layers: PeftModel) -> None:
        self._layers = layers

    @property
    def network(self) -> PreTrainedModel:
        """Return the network, its frozen weights and the adapter's together."""
        network: PreTrainedModel = self._layers.get_base_model()
        return network

    def parameters(self) -> list[torch.nn.Parameter]:
        """Return what is trained: the adapter's weights, nothing else."""
        return [weight for weight in self._layers.parameters() if weight.requires_grad]

    def save(self, folder: Path) -> None:
        """Write the adapter alone, `adapter_config.json` and `adapter_model.safetensors`; same weights, same bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        had_card = (folder / _CARD).exists()
        self._layers.save_pretrained(str(folder))
        if not had_card:  # that of peft is all blanks
            (folder / _CARD).unlink(missing_ok=True)
        config = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
        # peft writes sets in any order
        config = {key: sorted(value) if isinstance(value, list) else value for key, value in config.items()}
        if Path(config["base_model_name_or_path"] or "").exists():  # a path of this machine says nothing elsewhere
            config["base_model_name_or_path"] = None
        (folder / _CONFIG).write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")

    def merge(self) -> PreTrainedModel:
        """Add the adapter to the weights and return the plain network, for `checkpoint.save`; the adapter is gone."""
        network: PreTrainedModel = self._layers.merge_and_unload()
        network.requires_grad_(True)
        return network


def attach(network: PreTrainedModel, lora: Lora, *, seed: int) -> Adapter:
    """Put a new adapter into a network and freeze the rest; at first it changes nothing.

    Raises: LimbeckError: the network has no matrices to adapt, or one already.
    """
    if any(isinstance(module, BaseTunerLayer) for module in network.modules()):
        raise LimbeckError("the network has an adapter already", where="adapter", fix="merge it first")
    torch.manual_seed(seed)
    config = LoraConfig(
        r=lora.rank, lora_alpha=lora.alpha, lora_dropout=0.0, target_modules=_targets(network), bias="none"
    )
    # GPT-2 keeps its matrices transposed
    config.fan_in_fan_out = any(isinstance(module, Conv1D) for module in network.modules())
    try:
        with _as_peft_expects():
            return Adapter(get_peft_model(network, config))
    except ValueError as error:
        what = f"an adapter does not fit a {network.config.model_type}: {error}"
        fix = f"families that take one: {', '.join(FAMILIES.names())}"
        raise LimbeckError(what, where="adapter", fix=fix) from error


def load(network: PreTrainedModel, folder: Path, *, is_trained: bool = False) -> Adapter:
    """Put a saved adapter into the network it was trained on.

    Args:
        is_trained: go on training it; else all weights are frozen.
    Raises: LimbeckError: no adapter, a damaged one, or one of another network.
    """
    _check(folder)
    try:
        with _as_peft_expects():
            return Adapter(PeftModel.from_pretrained(network, folder, is_trainable=is_trained, local_files_only=True))
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().partition("\n")[0]
        fix = "load it into the checkpoint it was trained on"
        raise LimbeckError(f"the adapter does not fit: {reason}", where=str(folder), fix=fix) from error


@contextmanager
def _as_peft_expects() -> Iterator[None]:
    """Keep quiet over a name that peft still asks transformers for."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        yield


def _check(folder: Path) -> None:
    missing = [name for name in (_CONFIG, _WEIGHTS) if not (folder / name).is_file()]
    if missing:
        pickled = " (only a pickle, which is never loaded)" if (folder / "adapter_model.bin").exists() else ""
        fix = "give a folder that an adapter was saved to, in safetensors"
        raise LimbeckError(f"'{folder}' holds no adapter: no {', '.join(missing)}{pickled}", where=str(folder), fix=fix)
    check_tensors(folder / _WEIGHTS)
    _check_config(folder)


def _check_config(folder: Path) -> None:
    config: dict[str, Any] = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
    kind = config.get("peft_type")
    if kind != "LORA":
        raise LimbeckError(
            f"'{folder}' is an adapter of the kind {kind}", where=str(folder / _CONFIG), fix="give a LoRA adapter"
        )


def _targets(network: PreTrainedModel) -> str:
    name = network.config.model_type
    return str(FAMILIES.load(name).ADAPTED) if name in FAMILIES.names() else _ALL
