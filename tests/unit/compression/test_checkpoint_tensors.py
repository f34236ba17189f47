import json
import struct

import numpy as np
import pytest
from fake_export_format import random_weights, write_checkpoint
from safetensors.numpy import save_file

from limbeck.compression.checkpoint_tensors import read_checkpoint
from limbeck.core.errors import LimbeckError


def save_raw(path, name, kind, shape, data):
    header = json.dumps({name: {"dtype": kind, "shape": shape, "data_offsets": [0, len(data)]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)


def test_reads_every_weight_in_name_order(tmp_path):
    weights = random_weights()
    read = read_checkpoint(write_checkpoint(tmp_path, weights))
    assert list(read.weights) == sorted(weights)
    assert all(np.array_equal(read.weights[name], weights[name]) for name in weights)
    assert read.vocab_size == 96


def test_a_tied_head_is_left_out_and_an_untied_one_kept(tmp_path):
    weights = random_weights() | {"lm_head.weight": random_weights(1)["model.embed_tokens.weight"]}
    assert "lm_head.weight" not in read_checkpoint(write_checkpoint(tmp_path / "tied", weights)).weights
    untied = write_checkpoint(tmp_path / "untied", weights, tie_word_embeddings=False)
    assert "lm_head.weight" in read_checkpoint(untied).weights


def test_sharded_and_half_precision_weights_are_read_as_float32(tmp_path):
    folder = write_checkpoint(tmp_path, random_weights())
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    brain = np.array([1.5, -2.0], np.float32).view(np.uint32) >> 16
    save_raw(folder / "model-00002-of-00002.safetensors", "extra", "BF16", [2], brain.astype("<u2").tobytes())
    save_file({"half": np.full(3, 0.25, np.float16)}, folder / "other.safetensors")
    weights = read_checkpoint(folder).weights
    assert weights["extra"].tolist() == [1.5, -2.0]
    assert weights["half"].dtype == np.float32
    assert len(weights) == 6


@pytest.mark.parametrize(("value", "message"), [(np.nan, "NaN"), (np.inf, "infinite"), (7e4, "does not fit 16 bits")])
def test_broken_weights_name_the_tensor(tmp_path, value, message):
    weights = random_weights()
    weights["model.norm.weight"][3] = value
    with pytest.raises(LimbeckError, match=message) as caught:
        read_checkpoint(write_checkpoint(tmp_path, weights))
    assert "'model.norm.weight'" in str(caught.value)
    assert "fix:" in str(caught.value)


def test_an_already_quantised_checkpoint_is_refused(tmp_path):
    with pytest.raises(LimbeckError, match="already quantised"):
        read_checkpoint(write_checkpoint(tmp_path / "a", random_weights(), quantization_config={"bits": 4}))
    folder = write_checkpoint(tmp_path / "b", random_weights())
    save_file({"codes": np.ones((2, 2), np.int8)}, folder / "model.safetensors")
    with pytest.raises(LimbeckError, match="'codes' is stored as I8"):
        read_checkpoint(folder)
    save_raw(folder / "model.safetensors", "codes", "F8_E4M3", [2, 2], b"abcd")
    with pytest.raises(LimbeckError, match="'codes' is stored as F8_E4M3"):
        read_checkpoint(folder)


def test_missing_and_damaged_files_are_told(tmp_path):
    with pytest.raises(LimbeckError, match=r"no config\.json"):
        read_checkpoint(tmp_path)
    folder = write_checkpoint(tmp_path, random_weights())
    whole = (folder / "model.safetensors").read_bytes()
    for damaged in (whole[:-100], b"garbage" * 9, b""):
        (folder / "model.safetensors").write_bytes(damaged)
        with pytest.raises(LimbeckError, match=r"model\.safetensors is damaged"):
            read_checkpoint(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(LimbeckError, match=r"no model\.safetensors"):
        read_checkpoint(folder)
    for text in ("{", "[]"):
        (folder / "config.json").write_text(text, encoding="utf-8")
        with pytest.raises(LimbeckError, match=r"config\.json is"):
            read_checkpoint(folder)
