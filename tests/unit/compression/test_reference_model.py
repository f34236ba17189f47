import shutil

import numpy as np
import pytest
from fake_export_format import random_prompts
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models

from limbeck.compression.candidates import compressed_tensors
from limbeck.compression.checkpoint_tensors import read_checkpoint
from limbeck.compression.reference_model import batches, open_reference
from limbeck.core.errors import LimbeckError


@pytest.fixture(scope="module", params=["llama", "gpt2"])
def checkpoint(request, tmp_path_factory):
    torch = pytest.importorskip("torch")
    from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp(request.param)
    llama = LlamaConfig(
        vocab_size=96,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        tie_word_embeddings=True,
    )
    gpt2 = GPT2Config(vocab_size=96, n_positions=32, n_embd=32, n_layer=2, n_head=2)
    network = LlamaForCausalLM(llama) if request.param == "llama" else GPT2LMHeadModel(gpt2)
    network.save_pretrained(folder)
    words = Tokenizer(models.WordLevel({f"w{number}": number for number in range(96)}))
    words.save(str(folder / "tokenizer.json"))
    return folder


def test_padding_and_batching_change_nothing(checkpoint):
    reference = open_reference(checkpoint)
    prompts = random_prompts(9)
    together = reference.logits_NV(prompts)
    alone = np.concatenate([reference.logits_NV([prompt]) for prompt in prompts])
    assert together.shape == (9, 96)
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_one_changed_weight_scores_as_a_model_loaded_with_it(checkpoint, tmp_path):
    reference = open_reference(checkpoint)
    prompts = random_prompts(7)
    before = reference.logits_NV(prompts)
    source = read_checkpoint(checkpoint)
    stored = compressed_tensors(source.weights, dict.fromkeys(source.weights, "f32"), transposed=source.transposed)
    for name, weight in source.weights.items():
        changed = weight + np.random.default_rng(0).standard_normal(weight.shape).astype(np.float32) * 0.1
        shutil.copytree(checkpoint, tmp_path / name)
        values = stored | {name: changed.T if name in source.transposed else changed}
        contiguous = {key: np.ascontiguousarray(value) for key, value in values.items()}
        save_file(contiguous, tmp_path / name / "model.safetensors", metadata={"format": "pt"})
        expected = open_reference(tmp_path / name).logits_NV(prompts)
        assert np.array_equal(reference.logits_with_NV(prompts, name, changed), expected)
        assert not np.array_equal(expected, before)
    assert np.array_equal(reference.logits_NV(prompts), before)


def test_other_prompts_are_not_answered_from_the_kept_outputs(checkpoint):
    reference = open_reference(checkpoint)
    name = next(name for name in read_checkpoint(checkpoint).weights if ".1.mlp." in name and name.endswith("weight"))
    zeros = np.zeros_like(read_checkpoint(checkpoint).weights[name])
    first, second = random_prompts(5, seed=1), random_prompts(5, seed=2)
    reference.logits_with_NV(first, name, zeros)
    expected = open_reference(checkpoint).logits_with_NV(second, name, zeros)
    assert np.array_equal(reference.logits_with_NV(second, name, zeros), expected)


def test_a_name_without_the_inner_prefix_is_found(checkpoint):
    reference = open_reference(checkpoint)
    prompts = random_prompts(2)
    names = read_checkpoint(checkpoint).weights
    whole = next(name for name in names if name.endswith(("model.norm.weight", "ln_f.weight")))
    twos = np.full(32, 2.0, np.float32)
    short = reference.logits_with_NV(prompts, whole.partition(".")[2], twos)
    assert np.array_equal(short, reference.logits_with_NV(prompts, whole, twos))


def test_a_folder_that_is_no_checkpoint_is_told(tmp_path):
    with pytest.raises(LimbeckError, match="not a Hugging Face checkpoint"):
        open_reference(tmp_path)


def test_batches_hold_every_prompt_once_and_stay_small():
    prompts = [(0,) * length for length in (5000, 1, 700, 300, 2000, 2, 900) * 5]
    found = list(batches(prompts))
    assert sorted(index for batch in found for index in batch) == list(range(35))
    assert all(len(batch) == 1 or len(batch) * max(len(prompts[i]) for i in batch) <= 4096 for batch in found)
