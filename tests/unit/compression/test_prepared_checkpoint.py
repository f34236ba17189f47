"""A checkpoint in any usual form is made one the exporters read; what cannot be is refused."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from limbeck.compression.candidates import uniform_types
from limbeck.compression.checkpoint_tensors import read_checkpoint
from limbeck.compression.prepared_checkpoint import prepare
from limbeck.compression.rounding import Rounding
from limbeck.core.errors import LimbeckError
from limbeck.engine.engine import ENGINES
from limbeck.engine.export import exporter_for

WEIGHTS = "model.safetensors"
PROMPT = [30, 31, 40, 50, 60]


def rewrite(folder, change):
    save_file(change(load_file(folder / WEIGHTS)), folder / WEIGHTS, metadata={"format": "pt"})


def configure(folder, **changed):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changed), encoding="utf-8")


def weights_of(folder):
    return read_checkpoint(folder).weights


def same(found, wanted):
    return found.keys() == wanted.keys() and all(np.array_equal(found[name], wanted[name]) for name in wanted)


def check_exports(model: Path, out: Path) -> None:
    """Every type in every engine is as large as forecast, and f16 scores as the network does."""
    from limbeck.model.checkpoint import load

    source = read_checkpoint(model)
    with torch.no_grad():
        wanted_V = load(model).eval()(torch.tensor([PROMPT])).logits[0, -1].numpy()
    for engine in ("openvino", "llamacpp"):
        for kind in ("q4", "q8", "f16"):
            types = uniform_types(source.weights, kind)
            folder = out / engine / kind
            folder.mkdir(parents=True)
            tensors = source.as_stored(Rounding().tensors(source.weights, types))
            exporter_for(engine).write(model, tensors, folder)
            written = sum(path.stat().st_size for path in folder.rglob("*"))
            assert exporter_for(engine).forecast_bytes(model, types) == written
        found_V = ENGINES.load(engine).load(folder).next_logits_V(PROMPT)
        assert np.abs((found_V - found_V.mean()) - (wanted_V - wanted_V.mean())).max() < 0.03


def test_a_plain_checkpoint_is_read_where_it_lies(tiny_checkpoint, tmp_path):
    assert prepare(tiny_checkpoint, tmp_path) == tiny_checkpoint
    assert not list(tmp_path.iterdir())


def test_a_tied_head_that_is_stored_too_is_stored_once(broken_checkpoint, tiny_checkpoint, tmp_path):
    embedding = "model.embed_tokens.weight"
    rewrite(broken_checkpoint, lambda weights: weights | {"lm_head.weight": weights[embedding].copy()})
    prepared = prepare(broken_checkpoint, tmp_path / "work")
    assert prepared != broken_checkpoint
    assert same(weights_of(prepared), weights_of(tiny_checkpoint))


def test_shards_become_one_file(broken_checkpoint, tiny_checkpoint, tmp_path):
    weights = load_file(broken_checkpoint / WEIGHTS)
    names = sorted(weights)
    parts = {"model-00001-of-00002.safetensors": names[::2], "model-00002-of-00002.safetensors": names[1::2]}
    for file, part in parts.items():
        save_file({name: weights[name] for name in part}, broken_checkpoint / file, metadata={"format": "pt"})
    (broken_checkpoint / WEIGHTS).unlink()
    index = {"metadata": {}, "weight_map": {name: file for file, part in parts.items() for name in part}}
    (broken_checkpoint / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    assert same(weights_of(prepare(broken_checkpoint, tmp_path / "work")), weights_of(tiny_checkpoint))


def test_names_without_their_prefix_get_it(make_checkpoint, tmp_path):
    model = make_checkpoint(tmp_path / "gpt2", "gpt2")
    wanted = weights_of(model)
    rewrite(model, lambda found: {name.removeprefix("transformer."): weight for name, weight in found.items()})
    assert same(weights_of(prepare(model, tmp_path / "work")), wanted)


def test_an_untied_head_is_exported_too(broken_checkpoint, tmp_path):
    embedding = load_file(broken_checkpoint / WEIGHTS)["model.embed_tokens.weight"]
    rewrite(broken_checkpoint, lambda weights: weights | {"lm_head.weight": embedding[::-1].copy()})
    configure(broken_checkpoint, tie_word_embeddings=False)
    assert prepare(broken_checkpoint, tmp_path / "work") == broken_checkpoint
    check_exports(broken_checkpoint, tmp_path / "out")


def test_odd_widths_are_exported_too(tiny_checkpoint, tmp_path):
    import transformers

    sizes = {"hidden_size": 48, "intermediate_size": 100, "head_dim": 24}
    settings = json.loads((tiny_checkpoint / "config.json").read_text()) | sizes
    torch.manual_seed(0)
    network = transformers.LlamaForCausalLM(transformers.LlamaConfig(**settings))
    network.save_pretrained(tmp_path / "odd")
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copy(tiny_checkpoint / name, tmp_path / "odd")
    types = uniform_types(weights_of(tmp_path / "odd"), "q4")
    assert set(types.values()) == {"f16", "f32"}
    check_exports(tmp_path / "odd", tmp_path / "out")


@pytest.mark.parametrize("kind", ["granite", "mistral", "olmo2", "qwen2"])
def test_related_families_score_the_same_once_exported(make_checkpoint, tmp_path, kind):
    model = make_checkpoint(tmp_path / kind, kind)
    configure(model, sliding_window=None)
    assert prepare(model, tmp_path / "work") == model
    from limbeck.model.checkpoint import load

    source = read_checkpoint(model)
    tensors = source.as_stored(Rounding().tensors(source.weights, uniform_types(source.weights, "f16")))
    (tmp_path / "out").mkdir()
    exporter_for("openvino").write(model, tensors, tmp_path / "out")
    found_V = ENGINES.load("openvino").load(tmp_path / "out").next_logits_V(PROMPT)
    with torch.no_grad():
        wanted_V = load(model).eval()(torch.tensor([PROMPT])).logits[0, -1].numpy()
    assert np.abs(found_V - wanted_V).max() < 0.03


def test_other_families_and_sliding_windows_are_refused(broken_checkpoint, tmp_path):
    configure(broken_checkpoint, sliding_window=128)
    with pytest.raises(LimbeckError, match="sliding window"):
        prepare(broken_checkpoint, tmp_path)
    configure(broken_checkpoint, sliding_window=None, model_type="opt")
    with pytest.raises(LimbeckError, match="cannot compress a 'opt' model") as caught:
        prepare(broken_checkpoint, tmp_path)
    assert "gpt2, granite, llama" in str(caught.value.fix)
