import shutil
from dataclasses import replace

import numpy as np
import pytest
from fake_export_format import random_prompts
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models

from limbeck.compression.candidates import uniform_types
from limbeck.compression.checkpoint_tensors import read_checkpoint
from limbeck.compression.divergence import kl_divergences
from limbeck.compression.quantised_tensor import QuantisedTensor, dense
from limbeck.compression.reference_model import batches, open_reference
from limbeck.compression.rounding import Rounding
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
    stored = source.as_stored(Rounding().tensors(source.weights, dict.fromkeys(source.weights, "f32")))
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


def test_moments_are_those_of_the_inputs_of_every_matrix(checkpoint):
    import torch

    from limbeck.model.checkpoint import load

    prompts = random_prompts(6)
    found = open_reference(checkpoint).input_moments(prompts)
    source = read_checkpoint(checkpoint)
    matrices = {name for name, weight in source.weights.items() if weight.ndim == 2 and "wpe" not in name}
    assert found.keys() == matrices
    network = load(checkpoint).eval()
    seen = []
    network.get_output_embeddings().register_forward_hook(lambda _, inputs, __: seen.append(inputs[0][0].numpy()))
    with torch.no_grad():
        for prompt in prompts:  # one by one, so that nothing is padded
            network(input_ids=torch.tensor([prompt]))
    inputs_PI = np.concatenate(seen)
    wanted_II = inputs_PI.T @ inputs_PI / len(inputs_PI)
    embedding = next(name for name in matrices if "embed_tokens" in name or "wte" in name)
    looked_up_II = wanted_II + np.eye(len(wanted_II)) * np.diag(wanted_II).mean()
    np.testing.assert_allclose(found[embedding], looked_up_II, atol=1e-3)


def test_distilling_scales_keeps_the_codes_and_comes_closer_on_other_text(checkpoint):
    from limbeck.core.progress import silent

    reference = open_reference(checkpoint)
    weights = read_checkpoint(checkpoint).weights
    rough = Rounding().tensors(weights, uniform_types(weights, "q4"))
    rough = {
        name: replace(tensor, scales_OG=(tensor.scales_OG * 1.3).astype(np.float16))
        if isinstance(tensor, QuantisedTensor)
        else tensor
        for name, tensor in rough.items()
    }
    fitted = reference.distil(rough, random_prompts(48, seed=5), silent)
    assert fitted.keys() == rough.keys()
    full_NV = reference.logits_NV(random_prompts(20, seed=6))
    kls = []
    for tensors in (rough, fitted):
        scored_NV = scored_with(checkpoint, tensors, random_prompts(20, seed=6))
        kls.append(kl_divergences(full_NV, scored_NV).mean())
    assert kls[1] < 0.7 * kls[0]
    assert np.array_equal(reference.logits_NV(random_prompts(20, seed=6)), full_NV)
    for name, tensor in rough.items():
        if isinstance(tensor, QuantisedTensor):
            assert np.array_equal(fitted[name].codes_OI, tensor.codes_OI)
            assert fitted[name].bits == tensor.bits


def scored_with(checkpoint, tensors, prompts):
    reference = open_reference(checkpoint)
    import torch

    turned = read_checkpoint(checkpoint).transposed
    with torch.no_grad():
        for name, parameter in reference._parameters.items():
            values = torch.from_numpy(np.ascontiguousarray(dense(tensors[name])))
            parameter.copy_(values.T if name in turned else values)
    return reference.logits_NV(prompts)


def test_a_folder_that_is_no_checkpoint_is_told(tmp_path):
    with pytest.raises(LimbeckError, match="not a Hugging Face checkpoint"):
        open_reference(tmp_path)


def test_batches_hold_every_prompt_once_and_stay_small():
    prompts = [(0,) * length for length in (5000, 1, 700, 300, 2000, 2, 900) * 5]
    found = list(batches(prompts))
    assert sorted(index for batch in found for index in batch) == list(range(35))
    assert all(len(batch) == 1 or len(batch) * max(len(prompts[i]) for i in batch) <= 4096 for batch in found)
