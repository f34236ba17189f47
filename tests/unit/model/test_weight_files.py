"""Folders whose weights cannot be read safely and whole."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models
from transformers import BertConfig, BertModel

from limbeck.core.errors import LimbeckError
from limbeck.model import checkpoint
from limbeck.model.pretrained import open_pretrained

Make = Callable[[Path, str], Path]


def opened(folder: Path) -> object:
    return open_pretrained(str(folder), kinds=("decoder", "encoder-decoder"), with_head=True)


READERS = pytest.mark.parametrize("read", [checkpoint.load, opened], ids=["load", "open"])


@READERS
def test_a_pickle_is_refused_by_name(broken_checkpoint: Path, read: Callable[[Path], object]) -> None:
    (broken_checkpoint / "model.safetensors").rename(broken_checkpoint / "pytorch_model.bin")
    with pytest.raises(LimbeckError, match=r"are a pickle \(pytorch_model.bin\), which can run code") as raised:
        read(broken_checkpoint)
    assert raised.value.where == str(broken_checkpoint / "pytorch_model.bin")
    assert "save_pretrained" in str(raised.value.fix)


@READERS
@pytest.mark.parametrize("share", [0.0, 0.0001, 0.01, 0.5, 0.999])
def test_weights_cut_short_are_told_with_their_sizes(
    broken_checkpoint: Path, read: Callable[[Path], object], share: float
) -> None:
    file = broken_checkpoint / "model.safetensors"
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(LimbeckError, match="is cut short") as raised:
        read(broken_checkpoint)
    assert raised.value.where == str(file)
    assert "copy the file again" in str(raised.value.fix)
    if share > 0.1:
        assert f"of {len(data)}" in raised.value.what


@READERS
def test_a_missing_part_is_named(broken_checkpoint: Path, read: Callable[[Path], object]) -> None:
    weights = load_file(broken_checkpoint / "model.safetensors")
    index = {"weight_map": dict.fromkeys(weights, "model-00002-of-00002.safetensors")}
    (broken_checkpoint / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    with pytest.raises(LimbeckError, match=r"lacks parts of its weights: model-00002-of-00002.safetensors"):
        read(broken_checkpoint)


def test_a_checkpoint_that_lacks_tensors_is_not_filled_up_at_random(broken_checkpoint: Path) -> None:
    weights = load_file(broken_checkpoint / "model.safetensors")
    gone = [name for name in weights if "layers.1.mlp" in name]
    kept = {name: weight for name, weight in weights.items() if name not in gone}
    save_file(kept, broken_checkpoint / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(LimbeckError, match=f"lacks {len(gone)} tensors of its network: .*layers.1.mlp"):
        checkpoint.load(broken_checkpoint)


def test_shapes_of_another_network_are_told(broken_checkpoint: Path) -> None:
    config = json.loads((broken_checkpoint / "config.json").read_text(encoding="utf-8"))
    (broken_checkpoint / "config.json").write_text(json.dumps(config | {"intermediate_size": 96}), encoding="utf-8")
    with pytest.raises(LimbeckError, match="cannot load 'broken'") as raised:
        checkpoint.load(broken_checkpoint)
    assert raised.value.fix


def test_a_broken_config_is_told(broken_checkpoint: Path) -> None:
    (broken_checkpoint / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(LimbeckError, match=r"config.json is damaged"):
        checkpoint.load(broken_checkpoint)


@READERS
@pytest.mark.parametrize("count", [3, 5000])
def test_the_tokenizer_of_another_network_is_told(
    broken_checkpoint: Path, read: Callable[[Path], object], count: int
) -> None:
    words = Tokenizer(models.WordLevel({f"w{number}": number for number in range(count)}, unk_token="w0"))
    words.save(str(broken_checkpoint / "tokenizer.json"))
    with pytest.raises(LimbeckError, match="tokenizer") as raised:
        read(broken_checkpoint)
    assert "tokenizer.json" in str(raised.value.fix)


def test_a_tokenizer_of_older_files_is_written_as_one(
    make_checkpoint: Make, tmp_path: Path, tiny_checkpoint: Path
) -> None:
    """As DialoGPT comes: vocab.json and merges.txt."""
    folder = make_checkpoint(tmp_path / "gpt2", "gpt2")
    words = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]
    (folder / "vocab.json").write_text(json.dumps(words["vocab"]), encoding="utf-8")
    merges = [" ".join(pair) if isinstance(pair, list) else pair for pair in words["merges"]]
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", encoding="utf-8")
    settings = {"eos_token": "<|end|>", "unk_token": "<|end|>", "bos_token": "<|end|>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    (folder / "tokenizer.json").unlink()
    checkpoint.save(checkpoint.load(folder), tmp_path / "saved", tokenizer=folder)
    again = Tokenizer.from_file(str(tmp_path / "saved" / "tokenizer.json"))
    text = "The capital of Chad 乍得"
    assert again.encode(text).ids == Tokenizer.from_file(str(tiny_checkpoint / "tokenizer.json")).encode(text).ids


@pytest.mark.parametrize(
    ("made", "kind", "what", "fix"),
    [
        ("t5", "causal", r"is an encoder-decoder \(t5\)", "Llama"),
        ("bert", "causal", r"is an encoder \(bert\)", "GPT-2"),
        ("llama", "seq2seq", "is a llama, no encoder-decoder", "bart, mt5, t5"),
        ("bart", "masked", "is a bart, no encoder", "roberta"),
    ],
)
def test_a_checkpoint_of_another_kind_is_told_what_would_do(
    make_checkpoint: Make, tmp_path: Path, made: str, kind: str, what: str, fix: str
) -> None:
    with pytest.raises(LimbeckError, match=what) as raised:
        checkpoint.load(make_checkpoint(tmp_path / "x", made), kind)
    assert fix in str(raised.value.fix)


@pytest.mark.parametrize("kind", ["causal", "encoder", "masked", "seq2seq"])
def test_a_picture_model_is_none_of_them(broken_checkpoint: Path, kind: str) -> None:
    config = json.loads((broken_checkpoint / "config.json").read_text(encoding="utf-8"))
    (broken_checkpoint / "config.json").write_text(json.dumps(config | {"model_type": "vit"}), encoding="utf-8")
    with pytest.raises(LimbeckError, match="is a vit"):
        checkpoint.load(broken_checkpoint, kind)


def test_roberta_and_distilbert_are_loaded_too(tiny_checkpoint: Path, tmp_path: Path) -> None:
    from transformers import AutoConfig, AutoModelForMaskedLM

    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 2}
    for name in ("roberta", "distilbert"):
        config = AutoConfig.for_model(name, vocab_size=600, pad_token_id=0, **sizes)
        checkpoint.save(AutoModelForMaskedLM.from_config(config), tmp_path / name, tokenizer=tiny_checkpoint)
        states = checkpoint.load(tmp_path / name, "encoder")(torch.tensor([[5, 9]])).last_hidden_state
        assert states.shape == (1, 2, config.hidden_size)
        assert checkpoint.load(tmp_path / name, "masked").config.model_type == name


def test_a_checkpoint_without_a_head_is_not_masked(tiny_checkpoint: Path, tmp_path: Path) -> None:
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 2}
    checkpoint.save(BertModel(BertConfig(vocab_size=600, **sizes)), tmp_path, tokenizer=tiny_checkpoint)
    with pytest.raises(LimbeckError, match="has no head"):
        checkpoint.load(tmp_path, "masked")


@pytest.fixture
def cache(make_checkpoint: Make, tmp_path: Path) -> Path:
    """A hub cache that holds a checkpoint of each kind, as if it had been downloaded."""
    for kind in ("gpt2", "bert", "t5", "bart"):
        snapshot = tmp_path / "hub" / f"models--someone--{kind}" / "snapshots" / "0123"
        snapshot.parent.mkdir(parents=True)
        make_checkpoint(snapshot, kind)
        refs = snapshot.parents[1] / "refs"
        refs.mkdir()
        (refs / "main").write_text("0123", encoding="utf-8")
    pickled = Path(shutil.copytree(tmp_path / "hub/models--someone--gpt2", tmp_path / "hub/models--someone--pickled"))
    weights = pickled / "snapshots/0123/model.safetensors"
    weights.rename(weights.with_name("pytorch_model.bin"))
    return tmp_path


FETCHING = """
import sys
from pathlib import Path
from limbeck.core.errors import LimbeckError
from limbeck.model import checkpoint
here = Path(sys.argv[1])
for name, kind in (("gpt2", "causal"), ("bert", "masked"), ("bert", "encoder"), ("t5", "seq2seq"), ("bart", "seq2seq")):
    checkpoint.fetch(f"someone/{name}", here / f"{name}-{kind}", kind)
    print(type(checkpoint.load(here / f"{name}-{kind}", kind)).__name__)
for name, kind in (("t5", "causal"), ("pickled", "causal"), ("unknown", "masked")):
    try:
        checkpoint.fetch(f"someone/{name}", here / "none", kind)
    except LimbeckError as error:
        print(type(error).__name__, "|", error.what, "|", error.fix)
"""


def test_a_hub_id_of_every_kind_is_fetched_from_the_cache(cache: Path, tmp_path: Path) -> None:
    import os
    import subprocess
    import sys

    offline = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(cache)}
    command = [sys.executable, "-c", FETCHING, str(tmp_path / "out")]
    done = subprocess.run(command, env=offline, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:5] == [
        "GPT2LMHeadModel",
        "BertForMaskedLM",
        "BertModel",
        "T5ForConditionalGeneration",
        "BartForConditionalGeneration",
    ]
    assert lines[5].startswith("LimbeckError | 'someone/t5' is an encoder-decoder")
    assert lines[6].startswith("MachineError | cannot load 'someone/pickled'")
    assert "safetensors" in lines[6]
    assert lines[7].startswith("MachineError | cannot load 'someone/unknown'")
