"""Adapters that do not fit; what fits is tested over every family in tests/conformance."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from limbeck.core.errors import LimbeckError
from limbeck.model import adapter, checkpoint
from limbeck.model.adapter import Lora

Make = Callable[[Path, str], Path]


@pytest.fixture
def saved(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    adapter.attach(checkpoint.load(tiny_checkpoint), Lora(rank=2), seed=0).save(tmp_path / "adapter")
    return tmp_path / "adapter"


def test_an_architecture_of_no_family_is_adapted_too(tiny_checkpoint: Path, tmp_path: Path) -> None:
    config = json.loads((tiny_checkpoint / "config.json").read_text(encoding="utf-8"))
    network = checkpoint.load(tiny_checkpoint)
    network.config.model_type = "mistral"
    assert config["model_type"] == "llama"
    moved = adapter.attach(network, Lora(rank=2), seed=0).parameters()
    assert len(moved) == 2 * 7 * 2  # two matrices beside each of seven, in two layers


def test_a_folder_without_an_adapter_is_told(tiny_checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "adapter_model.bin").touch()
    with pytest.raises(LimbeckError, match=r"holds no adapter: no adapter_config.json.*only a pickle") as raised:
        adapter.load(checkpoint.load(tiny_checkpoint), tmp_path)
    assert "safetensors" in str(raised.value.fix)


def test_an_adapter_cut_short_is_told(tiny_checkpoint: Path, saved: Path) -> None:
    data = (saved / "adapter_model.safetensors").read_bytes()
    (saved / "adapter_model.safetensors").write_bytes(data[: len(data) // 2])
    with pytest.raises(LimbeckError, match="is cut short"):
        adapter.load(checkpoint.load(tiny_checkpoint), saved)


def test_an_adapter_of_another_network_is_told(saved: Path, make_checkpoint: Make, tmp_path: Path) -> None:
    other = checkpoint.load(make_checkpoint(tmp_path / "gpt2", "gpt2"))
    with pytest.raises(LimbeckError, match="the adapter does not fit") as raised:
        adapter.load(other, saved)
    assert "the checkpoint it was trained on" in str(raised.value.fix)


def test_an_adapter_that_is_no_lora_is_told(tiny_checkpoint: Path, saved: Path) -> None:
    config = json.loads((saved / "adapter_config.json").read_text(encoding="utf-8"))
    (saved / "adapter_config.json").write_text(json.dumps(config | {"peft_type": "IA3"}), encoding="utf-8")
    with pytest.raises(LimbeckError, match="of the kind IA3"):
        adapter.load(checkpoint.load(tiny_checkpoint), saved)


def test_a_loaded_adapter_goes_on_training_where_asked(tiny_checkpoint: Path, saved: Path) -> None:
    assert not adapter.load(checkpoint.load(tiny_checkpoint), saved).parameters()
    assert adapter.load(checkpoint.load(tiny_checkpoint), saved, is_trained=True).parameters()
