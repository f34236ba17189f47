import json
from pathlib import Path

import pytest
import torch
from transformers import BertConfig, BertModel

from limbeck.core.errors import LimbeckError
from limbeck.model import checkpoint
from limbeck.recipe.preset import Preset

SHAPE = Preset(family="modernbert", hidden_size=32, intermediate_size=48, num_layers=2, head_dim=16, context_tokens=64)


@pytest.fixture(scope="module")
def encoder(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    tokenizer = tmp_path_factory.mktemp("tokenizer")
    for file in ("tokenizer.json", "chat_template.jinja"):
        (tokenizer / file).write_bytes((tiny_checkpoint / file).read_bytes())
    settings = {"eos_token": "<|end|>", "pad_token": "<|user|>"}
    (tokenizer / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    folder = tmp_path_factory.mktemp("encoder")
    checkpoint.create(SHAPE, tokenizer, folder, seed=0)
    return folder


def test_one_folder_is_loaded_with_its_head_and_without(encoder: Path) -> None:
    tokens = torch.tensor([[5, 9, 12]])
    masked, plain = checkpoint.load(encoder, "masked"), checkpoint.load(encoder, "encoder")
    states = plain(tokens).last_hidden_state
    assert states.shape == (1, 3, 32)
    assert torch.equal(masked.decoder(masked.head(states)), masked(tokens).logits)


def test_every_token_sees_what_follows_it(encoder: Path) -> None:
    network = checkpoint.load(encoder, "encoder")
    first, second = (network(torch.tensor([[5, 9, last]])).last_hidden_state[0, 0] for last in (12, 40))
    assert not torch.allclose(first, second)


def test_the_same_seed_makes_the_same_file(encoder: Path, tmp_path: Path) -> None:
    checkpoint.create(SHAPE, encoder, tmp_path, seed=0)
    assert (tmp_path / "model.safetensors").read_bytes() == (encoder / "model.safetensors").read_bytes()


def test_saved_without_its_head_it_is_an_encoder_still(encoder: Path, tmp_path: Path) -> None:
    network = checkpoint.load(encoder, "encoder")
    checkpoint.save(network.half(), tmp_path, tokenizer=encoder)
    again = checkpoint.load(tmp_path, "encoder")
    assert again.dtype == torch.float32
    with pytest.raises(LimbeckError, match="no head"):
        checkpoint.load(tmp_path, "masked")


def test_an_encoder_is_no_decoder(encoder: Path) -> None:
    with pytest.raises(LimbeckError, match="is an encoder") as raised:
        checkpoint.load(encoder)
    assert "Llama" in str(raised.value.fix)


def test_a_decoder_is_no_encoder(tiny_checkpoint: Path) -> None:
    with pytest.raises(LimbeckError, match="llama, no encoder") as raised:
        checkpoint.load(tiny_checkpoint, "encoder")
    assert "modernbert" in str(raised.value.fix)


def test_a_bert_of_others_is_loaded_without_its_pooler(encoder: Path, tmp_path: Path) -> None:
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 2}
    checkpoint.save(BertModel(BertConfig(vocab_size=600, **sizes)), tmp_path, tokenizer=encoder)
    network = checkpoint.load(tmp_path, "encoder")
    assert network.pooler is None
    assert network(torch.tensor([[5, 9]])).last_hidden_state.shape == (1, 2, 32)
