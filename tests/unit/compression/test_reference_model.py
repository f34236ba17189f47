import numpy as np
import pytest
from fake_export_format import random_prompts

from limbeck.compression.reference_model import batches, open_reference
from limbeck.core.errors import LimbeckError


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    torch = pytest.importorskip("torch")
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("llama")
    config = LlamaConfig(
        vocab_size=96,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        tie_word_embeddings=True,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    return folder


def test_padding_and_batching_change_nothing(checkpoint):
    reference = open_reference(checkpoint)
    prompts = random_prompts(9)
    together = reference.logits_NV(prompts)
    alone = np.concatenate([reference.logits_NV([prompt]) for prompt in prompts])
    assert together.shape == (9, 96)
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_a_tied_weight_is_set_in_both_places_and_restored(checkpoint):
    reference = open_reference(checkpoint)
    prompts = random_prompts(3)
    before = reference.logits_NV(prompts)
    reference.set_weight("model.embed_tokens.weight", np.zeros((96, 32), np.float32))
    assert not reference.logits_NV(prompts).any()
    from limbeck.compression.checkpoint_tensors import read_checkpoint

    for name, weight in read_checkpoint(checkpoint).weights.items():
        reference.set_weight(name, weight)
    assert np.array_equal(reference.logits_NV(prompts), before)


def test_a_name_without_the_inner_prefix_is_found(checkpoint):
    reference = open_reference(checkpoint)
    prompts = random_prompts(2)
    before = reference.logits_NV(prompts)
    reference.set_weight("norm.weight", np.full(32, 2.0, np.float32))
    np.testing.assert_allclose(reference.logits_NV(prompts), before * 2, rtol=1e-4)


def test_a_folder_that_is_no_checkpoint_is_told(tmp_path):
    with pytest.raises(LimbeckError, match="not a Hugging Face checkpoint"):
        open_reference(tmp_path)


def test_batches_hold_every_prompt_once_and_stay_small():
    prompts = [(0,) * length for length in (5000, 1, 700, 300, 2000, 2, 900) * 5]
    found = list(batches(prompts))
    assert sorted(index for batch in found for index in batch) == list(range(35))
    assert all(len(batch) == 1 or len(batch) * max(len(prompts[i]) for i in batch) <= 4096 for batch in found)
