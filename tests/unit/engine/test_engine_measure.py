"""Measuring in a child process, and what its death looks like."""

import numpy as np
import pytest
from safetensors.numpy import load_file

from limbeck.core.errors import LimbeckError
from limbeck.engine.engine import ENGINES, Sampling
from limbeck.engine.export import exporter_for
from limbeck.engine.measure import measure

PROMPTS = [[30, 40, 50], [77, 8], [200] * 20]


@pytest.mark.parametrize("name", ["openvino", "llamacpp"])
def test_reports_what_the_engine_does(name, tiny_checkpoint, tmp_path):
    exporter_for(name).write(tiny_checkpoint, load_file(tiny_checkpoint / "model.safetensors"), tmp_path / "model")
    report = measure(
        name, tmp_path / "model", PROMPTS, num_threads=1, max_tokens=5, logits_path=tmp_path / "logits.npy"
    )
    engine = ENGINES.load(name).load(tmp_path / "model", num_threads=1)
    assert report.tokens == tuple(engine.generate(prompt, Sampling(max_tokens=5)).tokens for prompt in PROMPTS)
    logits_NV = np.load(tmp_path / "logits.npy")
    assert logits_NV.dtype == np.float32
    assert np.abs(logits_NV - np.stack([engine.next_logits_V(prompt) for prompt in PROMPTS])).max() < 1e-4
    assert 20e6 < report.peak_rss_bytes < 300e6
    assert min(report.load_ms, report.first_token_ms, report.token_ms) > 0


def test_passes_on_the_last_words_of_a_child(tmp_path):
    with pytest.raises(LimbeckError, match=r"exit 1(.|\n)*openvino_model\.xml"):
        measure("openvino", tmp_path, PROMPTS)


def test_says_that_a_child_found_nothing_to_do(tmp_path, tiny_checkpoint):
    exporter_for("llamacpp").write(tiny_checkpoint, load_file(tiny_checkpoint / "model.safetensors"), tmp_path)
    with pytest.raises(LimbeckError, match="no prompts"):
        measure("llamacpp", tmp_path, [])


def test_knows_a_misspelt_engine(tmp_path):
    with pytest.raises(LimbeckError, match="did you mean 'openvino'"):
        measure("openvno", tmp_path, PROMPTS)
