import json

import numpy as np
import pytest
from fake_export_format import ToyReference, random_prompts, random_weights, score, write_checkpoint

from limbeck.compression.divergence import kl_divergences
from limbeck.compression.methods.quantise import compress
from limbeck.compression.quantised_tensor import dense
from limbeck.compression.sensitivity import measure_sensitivity, type_losses

PROMPTS = random_prompts()


@pytest.fixture
def matrices():
    return {name: weight for name, weight in random_weights().items() if weight.ndim == 2}


@pytest.fixture
def reference(tmp_path):
    return ToyReference(write_checkpoint(tmp_path / "model", random_weights()))


def test_is_the_kl_of_one_rounded_weight(reference, matrices):
    weights = random_weights()
    losses = measure_sensitivity(reference, matrices, PROMPTS)
    for name in matrices:
        rounded = weights | {name: dense(compress(weights[name], "q4"))}
        expected = kl_divergences(score(weights, PROMPTS), score(rounded, PROMPTS)).mean()
        assert losses[name] == pytest.approx(expected, rel=1e-3)
        assert losses[name] > 0


def test_a_cache_of_the_same_weights_and_prompts_spares_the_model(tmp_path, reference, matrices):
    cache = tmp_path / "sensitivity.json"
    first = measure_sensitivity(reference, matrices, PROMPTS, cache=cache)
    runs = reference.runs
    assert measure_sensitivity(reference, matrices, PROMPTS, cache=cache) == first
    assert reference.runs == runs
    measure_sensitivity(reference, matrices, PROMPTS[:-1], cache=cache)
    assert reference.runs > runs


@pytest.mark.parametrize("text", ["", "{", "[]", '{"key": 1}', '{"q4_loss": {}}'])
def test_a_torn_cache_is_measured_again(tmp_path, reference, matrices, text):
    cache = tmp_path / "sensitivity.json"
    cache.write_text(text, encoding="utf-8")
    losses = measure_sensitivity(reference, matrices, PROMPTS, cache=cache)
    assert json.loads(cache.read_text(encoding="utf-8"))["q4_loss"] == losses


def test_losses_of_other_types_follow_the_squared_error(reference, matrices):
    name = "model.embed_tokens.weight"
    measured = measure_sensitivity(reference, {name: matrices[name]}, PROMPTS)[name]
    losses = type_losses(matrices[name], measured)
    assert losses["q4"] == measured
    assert 0 < losses["f16"] < losses["q8"] / 100 < losses["q4"] / 10_000
    full_NV = reference.logits_NV(PROMPTS)
    rounded_NV = reference.logits_with_NV(PROMPTS, name, dense(compress(matrices[name], "q8")))
    seen = kl_divergences(full_NV, rounded_NV).mean()
    assert seen / 3 < losses["q8"] < seen * 3


def test_a_weight_that_rounds_exactly_loses_nothing():
    assert set(type_losses(np.zeros((4, 32), np.float32), 0.0).values()) == {0.0}
