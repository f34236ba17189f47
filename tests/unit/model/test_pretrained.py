"""Checkpoints as transformers loads them, and the ways in which a folder is none."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tokenizers import Tokenizer, processors

from limbeck.core.errors import LimbeckError, MachineError
from limbeck.model.checkpoint_place import place_of
from limbeck.model.pretrained import open_pretrained

Make = Callable[[Path, str], Path]


def test_a_place_is_told_by_its_files(tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "build").mkdir()
    (tmp_path / "file.txt").touch()
    assert place_of(str(tiny_checkpoint)) == "folder"
    assert place_of("microsoft/DialoGPT-small") == "hub"
    for name, what in {
        "build": "'build' has no config.json",
        "file.txt": "'file.txt' is not a folder",
        "build/atlsa": "there is no 'build/atlsa'",
        "gpt2": "there is no 'gpt2'",
        "a/b/c": "there is no 'a/b/c'",
        "/no/where": "there is no '/no/where'",
    }.items():
        with pytest.raises(LimbeckError, match=what) as raised:
            place_of(name, supported="a thing")
        assert raised.value.fix == "give a thing"


def test_text_goes_to_tokens_and_back(tiny_checkpoint: Path) -> None:
    opened = open_pretrained(str(tiny_checkpoint), kinds=("decoder",), with_head=True)
    assert (opened.kind, opened.model_type, opened.context_tokens, opened.stop_ids) == ("decoder", "llama", 512, (2,))
    assert opened.special_tokens["eos_token"] == "<|end|>"
    tokens = opened.encode("日本 Tokyo?<|end|>")
    assert tokens[-1] == 2
    assert opened.decode(tokens) == "日本 Tokyo?"


@pytest.mark.parametrize(("kind", "found"), [("bert", "an encoder"), ("t5", "an encoder-decoder")])
def test_another_kind_is_refused_by_name(make_checkpoint: Make, tmp_path: Path, kind: str, found: str) -> None:
    folder = make_checkpoint(tmp_path / kind, kind)
    with pytest.raises(LimbeckError, match=rf"\({kind}\) is {found}") as raised:
        open_pretrained(str(folder), kinds=("decoder",), with_head=True)
    assert raised.value.fix == "supported: causal decoder (Llama, Qwen3, GPT-2)"


def damaged(folder: Path, how: str) -> str:
    if how == "no weights":
        (folder / "model.safetensors").unlink()
    elif how == "half the weights":
        data = (folder / "model.safetensors").read_bytes()
        (folder / "model.safetensors").write_bytes(data[: len(data) // 2])
    elif how == "pickled weights":
        (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    elif how == "no tokenizer":
        (folder / "tokenizer.json").unlink()
    elif how == "broken config":
        (folder / "config.json").write_text("{")
    else:
        config = json.loads((folder / "config.json").read_text())
        changed = {"an unknown type": {"model_type": "telepathy"}, "a picture model": {"model_type": "vit"}}[how]
        (folder / "config.json").write_text(json.dumps(config | changed))
    return str(folder)


@pytest.mark.parametrize(
    "how",
    [
        "no weights",
        "half the weights",
        "pickled weights",
        "no tokenizer",
        "broken config",
        "an unknown type",
        "a picture model",
    ],
)
def test_a_damaged_folder_is_told_with_a_fix(broken_checkpoint: Path, how: str) -> None:
    with pytest.raises(LimbeckError) as raised:
        open_pretrained(damaged(broken_checkpoint, how), kinds=("decoder",), with_head=True)
    assert raised.value.fix
    assert not isinstance(raised.value, MachineError)


def test_code_of_a_checkpoint_is_not_run(broken_checkpoint: Path, tmp_path: Path) -> None:
    config = json.loads((broken_checkpoint / "config.json").read_text())
    config |= {"model_type": "brought", "auto_map": {"AutoConfig": "brought.C", "AutoModelForCausalLM": "brought.M"}}
    (broken_checkpoint / "config.json").write_text(json.dumps(config))
    (broken_checkpoint / "brought.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(LimbeckError):
        open_pretrained(str(broken_checkpoint), kinds=("decoder",), with_head=True)
    assert not (tmp_path / "ran").exists()


def test_a_tokenizer_of_files_of_its_kind_is_read_too(
    make_checkpoint: Make, tmp_path: Path, tiny_checkpoint: Path
) -> None:
    """DialoGPT comes as vocab.json and merges.txt, without tokenizer.json."""
    folder = make_checkpoint(tmp_path / "gpt2", "gpt2")
    words = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]
    vocabulary = dict(words["vocab"]) | {"<|endoftext|>": words["vocab"].pop("<|end|>")}
    vocabulary.pop("<|end|>", None)
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    merges = [" ".join(pair) if isinstance(pair, list) else pair for pair in words["merges"]]
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", encoding="utf-8")
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        (folder / name).unlink()
    opened = open_pretrained(str(folder), kinds=("decoder",), with_head=True)
    assert opened.chat_template is None
    assert opened.special_tokens["eos_token"] == "<|endoftext|>"
    assert opened.decode(opened.encode("The capital of Chad<|endoftext|>")) == "The capital of Chad"


def test_only_an_encoder_reads_the_special_tokens_of_its_tokenizer(make_checkpoint: Make, tmp_path: Path) -> None:
    """A T5 was taught on texts that its tokenizer closes; a decoder must not be told that the text has ended."""
    for kind, ends in (("t5", [2]), ("llama", [])):
        folder = make_checkpoint(tmp_path / kind, kind)
        words = Tokenizer.from_file(str(folder / "tokenizer.json"))
        words.post_processor = processors.TemplateProcessing(single="$A <|end|>", special_tokens=[("<|end|>", 2)])
        words.save(str(folder / "tokenizer.json"))
        opened = open_pretrained(str(folder), kinds=("decoder", "encoder-decoder"), with_head=True)
        plain = words.encode("日本 Tokyo", add_special_tokens=False).ids
        assert opened.encode("日本 Tokyo") == plain + ends


def test_a_folder_without_the_network_needs_no_hub(tiny_checkpoint: Path, tmp_path: Path) -> None:
    copied = shutil.copytree(tiny_checkpoint, tmp_path / "copied")
    assert open_pretrained(str(copied), kinds=("decoder",), with_head=False).kind == "decoder"
