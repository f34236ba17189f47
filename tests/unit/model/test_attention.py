"""What heads look at, held against the formula and against what each kind of network may see."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from limbeck.core.errors import LimbeckError, UsageError
from limbeck.model.attention import MAX_TOKENS, read_attention
from limbeck.model.attention_map import AttentionMap

Make = Callable[[Path, str], Path]
TEXT = "The capital of 乍得 is N'Djamena."


def check_rows(drawn: AttentionMap) -> None:
    shape = (len(drawn.layers), len(drawn.heads), len(drawn.queries), len(drawn.keys))
    assert drawn.weights_LHTS.shape == shape
    assert shape[:2] == (2, 2)
    np.testing.assert_allclose(drawn.weights_LHTS.sum(-1), 1, atol=1e-5)
    assert drawn.weights_LHTS.min() >= 0


@pytest.mark.parametrize("kind", ["llama", "qwen3", "gpt2"])
def test_a_decoder_sees_nothing_that_comes_later(make_checkpoint: Make, tmp_path: Path, kind: str) -> None:
    found = read_attention(str(make_checkpoint(tmp_path / kind, kind)), TEXT)
    (drawn,) = found.maps
    assert (found.kind, drawn.part, drawn.is_causal) == ("decoder", "decoder", True)
    check_rows(drawn)
    assert not drawn.weights_LHTS[:, :, drawn.hidden_TS()].any()
    assert "乍得" in drawn.keys


def test_an_encoder_sees_both_ways(make_checkpoint: Make, tmp_path: Path) -> None:
    found = read_attention(str(make_checkpoint(tmp_path / "bert", "bert")), TEXT)
    (drawn,) = found.maps
    assert (found.kind, drawn.part, drawn.is_causal) == ("encoder", "encoder", False)
    check_rows(drawn)
    assert not drawn.hidden_TS().any()
    later_TS = np.triu(np.ones((len(drawn.queries), len(drawn.keys)), bool), 1)
    assert (drawn.weights_LHTS[:, :, later_TS] > 0).all()


def test_an_encoder_decoder_has_three_parts(make_checkpoint: Make, tmp_path: Path) -> None:
    found = read_attention(str(make_checkpoint(tmp_path / "t5", "t5")), TEXT, "日本 Tokyo<|end|>")
    encoder, decoder, cross = found.maps
    assert [each.part for each in found.maps] == ["encoder", "decoder", "cross"]
    for each in found.maps:
        check_rows(each)
    assert not encoder.is_causal
    assert decoder.is_causal
    assert not decoder.weights_LHTS[:, :, decoder.hidden_TS()].any()
    assert decoder.queries[0] == "<|end|>" and decoder.queries[-1] != "<|end|>"  # starts with it, does not read its end
    assert (cross.queries, cross.keys) == (decoder.queries, encoder.keys)


def test_the_weights_are_those_of_the_formula(make_checkpoint: Make, tmp_path: Path) -> None:
    """softmax(QKᵀ/√d) of the first layer of a GPT-2, computed by hand from the stored tensors."""
    folder = make_checkpoint(tmp_path / "gpt2", "gpt2")
    (drawn,) = read_attention(str(folder), "The capital of Chad").maps
    tensors = {
        name.removeprefix("transformer."): value for name, value in load_file(folder / "model.safetensors").items()
    }
    from tokenizers import Tokenizer

    ids = Tokenizer.from_file(str(folder / "tokenizer.json")).encode("The capital of Chad").ids
    x_TE = tensors["wte.weight"][ids] + tensors["wpe.weight"][: len(ids)]
    spread_T1 = np.sqrt(x_TE.var(-1, keepdims=True) + 1e-5)
    x_TE = (x_TE - x_TE.mean(-1, keepdims=True)) / spread_T1 * tensors["h.0.ln_1.weight"] + tensors["h.0.ln_1.bias"]
    q_TE, k_TE, _ = np.split(x_TE @ tensors["h.0.attn.c_attn.weight"] + tensors["h.0.attn.c_attn.bias"], 3, axis=-1)
    for head in range(2):
        part = slice(32 * head, 32 * head + 32)
        scores_TS = q_TE[:, part] @ k_TE[:, part].T / np.sqrt(32)
        scores_TS[drawn.hidden_TS()] = -np.inf
        weights_TS = np.exp(scores_TS - scores_TS.max(-1, keepdims=True))
        weights_TS /= weights_TS.sum(-1, keepdims=True)
        np.testing.assert_allclose(drawn.weights_LHTS[0, head], weights_TS, atol=1e-4)


def test_layers_and_heads_are_chosen_by_their_numbers(tiny_checkpoint: Path) -> None:
    (drawn,) = read_attention(str(tiny_checkpoint), TEXT).maps
    chosen = drawn.choose([2], [])
    assert (chosen.layers, chosen.heads) == ((2,), (1, 2))
    np.testing.assert_array_equal(chosen.weights_LHTS[0], drawn.weights_LHTS[1])
    one = drawn.choose([2, 1], [2])
    assert (one.layers, one.heads, one.weights_LHTS.shape[:2]) == ((1, 2), (2,), (2, 1))
    for layers, heads, what in (([3], [], "there is no layer 3"), ([], [0], "there is no head 0")):
        with pytest.raises(UsageError, match=what):
            drawn.choose(layers, heads)


def test_the_numbers_are_plain_data(tiny_checkpoint: Path) -> None:
    (drawn,) = read_attention(str(tiny_checkpoint), "The capital").maps
    told = drawn.choose([1], [2]).as_json()
    assert (told["part"], told["layers"], told["heads"]) == ("decoder", [1], [2])
    assert told["weights"][0][0][0] == [1.0, *[0.0] * (len(told["keys"]) - 1)]


@pytest.mark.parametrize(
    ("text", "answer", "what"),
    [
        ("", None, "is empty"),
        ("  ", None, "is empty"),
        ("x ?" * MAX_TOKENS, None, "at most 64"),
        ("a", "b", "is a decoder: it reads one text"),
    ],
)
def test_texts_that_cannot_be_shown(tiny_checkpoint: Path, text: str, answer: str | None, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        read_attention(str(tiny_checkpoint), text, answer)


def test_an_encoder_decoder_needs_what_its_decoder_writes(make_checkpoint: Make, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is an encoder-decoder: it reads two texts") as raised:
        read_attention(str(make_checkpoint(tmp_path / "t5", "t5")), TEXT)
    assert "--answer" in str(raised.value.fix)


def test_a_network_without_attention_says_so(tmp_path: Path, tiny_checkpoint: Path) -> None:
    import shutil

    from transformers import MambaConfig, MambaModel

    torch.manual_seed(0)
    shutil.copytree(tiny_checkpoint, tmp_path / "mamba")
    config = MambaConfig(vocab_size=700, hidden_size=16, num_hidden_layers=1, state_size=4)
    MambaModel(config).save_pretrained(tmp_path / "mamba")
    with pytest.raises(LimbeckError, match="gives no decoder attention weights"):
        read_attention(str(tmp_path / "mamba"), TEXT)
