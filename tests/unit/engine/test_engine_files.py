"""What exporters and loaders say of checkpoints and machines they cannot use."""

import json
import subprocess
import sys

import pytest
from safetensors.numpy import load_file, save_file

from limbeck.core.errors import LimbeckError, MachineError
from limbeck.engine.engine import ENGINES, Sampling
from limbeck.engine.export import EXPORTERS, exporter_for


def export(form, checkpoint, target):
    EXPORTERS.load(form).write(checkpoint, load_file(checkpoint / "model.safetensors"), target)


def change(path, **fields):
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | fields), encoding="utf-8")


def test_without_the_extra_the_error_names_it(tiny_checkpoint, tmp_path, monkeypatch):
    export("gguf", tiny_checkpoint, tmp_path)
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(MachineError, match=r"pip install 'limbeck\[gguf\]'"):
        ENGINES.load("llamacpp").load(tmp_path)


def test_without_the_build_side_the_error_names_it(tiny_checkpoint, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MachineError, match=r"torch is not installed(.|\n)*limbeck\[build\]"):
        ENGINES.load("transformers").load(tiny_checkpoint)


def test_an_engine_without_an_exporter_is_an_error():
    with pytest.raises(LimbeckError, match="unknown export format 'transformers'"):
        exporter_for("transformers")


def test_gguf_names_the_architectures_it_knows(broken_checkpoint, tmp_path):
    change(broken_checkpoint / "config.json", model_type="mamba")
    with pytest.raises(LimbeckError, match=r"'mamba'(.|\n)*gpt2, llama, qwen3"):
        export("gguf", broken_checkpoint, tmp_path / "out")


def test_gguf_refuses_a_rotation_it_would_get_wrong(broken_checkpoint, tmp_path):
    change(broken_checkpoint / "config.json", rope_parameters={"rope_type": "yarn", "factor": 4.0})
    with pytest.raises(LimbeckError, match="'yarn'"):
        export("gguf", broken_checkpoint, tmp_path / "out")


def test_gguf_refuses_a_split_llama_cpp_has_no_name_for(broken_checkpoint, tmp_path):
    path = broken_checkpoint / "tokenizer.json"
    path.write_text(path.read_text(encoding="utf-8").replace("'re|", "'re|'x|"), encoding="utf-8")
    with pytest.raises(LimbeckError, match="no name for this way to split"):
        export("gguf", broken_checkpoint, tmp_path / "out")


@pytest.mark.parametrize("form", EXPORTERS.names())
@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_checkpoint_without_a_file_is_named(form, name, broken_checkpoint, tmp_path):
    tensors = load_file(broken_checkpoint / "model.safetensors")
    (broken_checkpoint / name).unlink()
    with pytest.raises(LimbeckError, match=name):
        EXPORTERS.load(form).write(broken_checkpoint, tensors, tmp_path / "out")


def test_openvino_names_a_tensor_that_does_not_fit_the_configuration(broken_checkpoint, tmp_path):
    path = broken_checkpoint / "model.safetensors"
    tensors = load_file(path)
    tensors["model.norm.weight"] = tensors["model.norm.weight"][:32].copy()
    save_file(tensors, path)
    with pytest.raises(LimbeckError, match=r"'model\.norm\.weight' does not fit"):
        export("openvino", broken_checkpoint, tmp_path / "out")


@pytest.mark.parametrize("name", ["openvino", "llamacpp", "transformers"])
def test_a_closed_engine_says_so(name, tiny_checkpoint, tmp_path):
    folder = tiny_checkpoint
    if name != "transformers":
        folder = tmp_path
        exporter_for(name).write(tiny_checkpoint, load_file(tiny_checkpoint / "model.safetensors"), folder)
    engine = ENGINES.load(name).load(folder)
    engine.close()
    with pytest.raises(LimbeckError, match="closed"):
        engine.next_logits_V([30])


def test_without_what_json_needs_the_error_names_it(tiny_checkpoint, monkeypatch):
    monkeypatch.setitem(sys.modules, "llguidance", None)
    engine = ENGINES.load("transformers").load(tiny_checkpoint)
    with pytest.raises(MachineError, match="pip install llguidance"):
        engine.generate([30], Sampling(json_schema="{}"))
    assert engine.generate([30], Sampling(stop_texts=("x",))).text is not None


def test_a_vocabulary_that_cannot_be_read_is_named(tiny_checkpoint, tmp_path):
    export("openvino", tiny_checkpoint, tmp_path)
    engine, path = ENGINES.load("openvino").load(tmp_path), tmp_path / "openvino_detokenizer.xml"
    content = path.read_text(encoding="utf-8")
    for damaged in (content[:300], content.replace('"VocabDecoder"', '"Convert"'), content.replace('"u8"', '"f64"')):
        path.write_text(damaged, encoding="utf-8")
        with pytest.raises(LimbeckError, match=r"no readable vocabulary(.|\n)*openvino_detokenizer\.xml"):
            engine.vocabulary()
    path.write_text(content.replace('"FuzeRagged"', '"CharsToBytes"'), encoding="utf-8")
    with pytest.raises(LimbeckError, match="CharsToBytes tokenizer do not stand for bytes"):
        engine.generate([30], Sampling(stop_texts=("x",)))
    path.write_text(content, encoding="utf-8")
    path.with_suffix(".bin").write_bytes(b"short")
    with pytest.raises(LimbeckError, match="no readable vocabulary"):
        engine.vocabulary()


def test_gguf_without_an_end_token_refuses_json(broken_checkpoint, tmp_path):
    for name in ("config.json", "generation_config.json"):
        change(broken_checkpoint / name, eos_token_id=None)
    export("gguf", broken_checkpoint, tmp_path / "out")
    engine = ENGINES.load("llamacpp").load(tmp_path / "out")
    assert len(engine.generate([30], Sampling(max_tokens=3)).tokens) == 3
    with pytest.raises(LimbeckError, match="json_schema needs an end token"):
        engine.generate([30], Sampling(json_schema="{}"))


def test_gguf_whose_vocabulary_is_cut_off_is_named(tiny_checkpoint, tmp_path):
    export("gguf", tiny_checkpoint, tmp_path)
    engine, path = ENGINES.load("llamacpp").load(tmp_path), tmp_path / "model.gguf"
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(LimbeckError, match=r"no readable vocabulary(.|\n)*model\.gguf"):
        engine.vocabulary()


def test_a_file_of_another_kind_is_not_gguf(tmp_path):
    (tmp_path / "model.gguf").write_bytes(b"PK\x03\x04 something else")
    with pytest.raises(LimbeckError, match="does not start with GGUF"):
        ENGINES.load("llamacpp").load(tmp_path)


@pytest.mark.parametrize("form", EXPORTERS.names())
def test_a_forecast_knows_which_types_there_are_and_fit(form, tiny_checkpoint):
    exporter, names = EXPORTERS.load(form), load_file(tiny_checkpoint / "model.safetensors")
    types = dict.fromkeys(names, "f16")
    with pytest.raises(LimbeckError, match=r"unknown tensor type 'q5'(.|\n)*known: f32, f16, q8, q4"):
        exporter.forecast_bytes(tiny_checkpoint, types | {"model.embed_tokens.weight": "q5"})
    with pytest.raises(LimbeckError, match="is missing"):
        exporter.forecast_bytes(tiny_checkpoint, {"model.embed_tokens.weight": "q8"})


@pytest.mark.parametrize("form", EXPORTERS.names())
def test_a_change_of_the_checkpoint_is_noticed(form, broken_checkpoint, tmp_path):
    """Slow parts are remembered, but never beyond the files they were made from."""
    types = dict.fromkeys(load_file(broken_checkpoint / "model.safetensors"), "f32")
    exporter = EXPORTERS.load(form)
    before = exporter.forecast_bytes(broken_checkpoint, types)
    path = broken_checkpoint / "tokenizer.json"
    fields = json.loads(path.read_text(encoding="utf-8"))
    fields["model"]["merges"] = fields["model"]["merges"][:-9]
    path.write_text(json.dumps(fields), encoding="utf-8")
    export(form, broken_checkpoint, tmp_path / "out")
    after = exporter.forecast_bytes(broken_checkpoint, types)
    assert before != after == sum(file.stat().st_size for file in (tmp_path / "out").iterdir())


def test_llama_cpp_can_be_freed_at_once(tiny_checkpoint, tmp_path):
    """Without an answer in between, about one in forty such pairs used to wait for ever."""
    export("gguf", tiny_checkpoint, tmp_path)
    code = f"""if True:
        from pathlib import Path
        from limbeck.engine.engines.llamacpp import load
        for _ in range(60):
            load(Path({str(tmp_path)!r})).close()
    """
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
