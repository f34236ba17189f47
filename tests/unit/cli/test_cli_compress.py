"""compress, from the command line to a folder that keeps to its budget; every bad input has its own words."""

import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from limbeck.cli import main

Capture = pytest.CaptureFixture[str]
MakeCheckpoint = Callable[[Path, str], Path]
EVIDENCE = {"README.md", "measured.json", "models", "plan.json", "tokenizer"}
LINES = [f"The capital of place {n} is N'Djamena, 它的面积是 {n * 7} 平方公里。" for n in range(120)]


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("limbeck.compression.scale_distillation.NUM_STEPS", 8)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("\n\n".join(LINES) + "\n", encoding="utf-8")
    return path


def compress(model: Path | str, out: Path, *options: str, budget: str = "disk=1GB") -> int:
    return main.run(["compress", str(model), "--budget", budget, "-o", str(out), *options])


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def shipped_bytes(out: Path) -> int:
    folders = (out / "models", out / "tokenizer")
    return sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())


def forecast(model: Path, out: Path, capsys: Capture) -> dict[str, Any]:
    assert compress(model, out, "--json") == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)["forecast"]
    shutil.rmtree(out)
    return told


def test_a_budget_is_kept_and_the_ladder_told(
    tiny_checkpoint: Path, data: Path, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "small"
    sizes = forecast(tiny_checkpoint, out, capsys)
    disk = (2 * sizes["least_bytes"] + sizes["most_bytes"]) // 3
    budget = f"disk={disk}B,memory=2GB,latency=1s"
    assert compress(tiny_checkpoint, out, "--data", str(data), budget=budget) == 0
    told = capsys.readouterr()
    assert {path.name for path in out.iterdir()} == EVIDENCE
    assert shipped_bytes(out) <= disk
    assert read(out / "plan.json")["chosen"]["openvino"].startswith("mixed")
    assert read(out / "plan.json")["calibration"]["source"] == "text.txt"
    assert "the disk budget of" in told.err
    assert told.err.index("can be met") < told.err.index("exports: started")
    assert re.search(r"✓ +disk .* of ", told.out)
    assert re.search(r"checkpoint .*\n +openvino f16 .*100.0%.*\n +openvino q8 .*\n", told.out)
    assert re.search(r"\n→ +openvino mixed", told.out)
    assert "shadow price for openvino: 1 MB more would lower KL by" in told.out
    card = (out / "README.md").read_text(encoding="utf-8")
    assert re.search(r"\| openvino mixed(-distilled)? \*\*chosen\*\* \|", card)


@pytest.mark.slow
def test_json_holds_what_the_text_tells(tiny_checkpoint: Path, data: Path, tmp_path: Path, capsys: Capture) -> None:
    engines = ("--engine", "openvino", "--engine", "llamacpp", "--engine", "openvino")
    assert compress(tiny_checkpoint, tmp_path / "small", "--data", str(data), *engines, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert {path.name for path in (tmp_path / "small" / "models").iterdir()} == {"openvino", "llamacpp"}
    disk = next(row for row in told["verdict"]["budget"] if row["name"] == "disk")
    assert disk["value"] == shipped_bytes(tmp_path / "small")
    assert told["verdict"]["met"] is True
    assert told["forecast"]["least_bytes"] < disk["value"] <= told["forecast"]["most_bytes"]
    rungs = [rung for rung in told["ladder"] if rung["engine"] == "llamacpp"]
    assert [rung["name"] for rung in rungs] == ["f16", "q8", "q4"]
    assert all(rung["kl"]["low"] <= rung["kl"]["mean"] <= rung["kl"]["high"] for rung in rungs)
    f16, q8, q4 = rungs
    price = (q4["kl"]["mean"] - q8["kl"]["mean"]) / (q8["size_bytes"] - q4["size_bytes"]) * 1e6
    assert q4["kl_per_mb"] == pytest.approx(price)
    assert f16["kl_per_mb"] is None


def test_without_data_the_built_in_text_stands_in_and_is_named(
    tiny_checkpoint: Path, tmp_path: Path, capsys: Capture
) -> None:
    assert compress(tiny_checkpoint, tmp_path / "small") == 0
    assert "prompts of built-in text: English and Chinese house rules" in capsys.readouterr().out
    assert "generic" in read(tmp_path / "small" / "plan.json")["calibration"]["source"]


def test_the_compressed_model_can_be_talked_with(
    tiny_checkpoint: Path, data: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "small"
    assert compress(tiny_checkpoint, out, "--data", str(data)) == 0
    for options in ((), ("--engine", "openvino")):
        monkeypatch.setattr("sys.stdin", io.StringIO("What is it?\nAnd 它呢？\n"))
        capsys.readouterr()
        assert main.run(["chat", str(out), "--json", "--max-tokens", "8", *options]) == 0
        answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [each["question"] for each in answers] == ["What is it?", "And 它呢？"]
        assert all(each["num_tokens"] <= 8 for each in answers)
    assert main.run(["chat", str(out), "--engine", "llamacpp"]) == 1
    assert "it has openvino" in capsys.readouterr().err


def test_an_impossible_budget_names_the_nearest_and_leaves_nothing(
    tiny_checkpoint: Path, data: Path, tmp_path: Path, capsys: Capture
) -> None:
    assert compress(tiny_checkpoint, tmp_path / "small", "--data", str(data), budget="disk=20kB") == 3
    told = capsys.readouterr().err
    assert "cannot be met" in told
    assert "of the weights are" in told
    assert "tokenizer" in told
    suggested = re.search(r"the nearest feasible budget is (.*?);", told)
    assert suggested
    assert not (tmp_path / "small").exists()
    assert compress(tiny_checkpoint, tmp_path / "small", "--data", str(data), budget="memory=1MB,latency=1us") == 3
    assert "at:  budget.memory, budget.latency" in capsys.readouterr().err
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".small")]
    assert compress(tiny_checkpoint, tmp_path / "small", "--data", str(data), budget=suggested[1]) == 0


def test_all_problems_of_a_budget_are_told_before_anything_runs(tmp_path: Path, capsys: Capture) -> None:
    assert compress("no/such/model", tmp_path / "small", budget="disc=1MB,memory=15ms,latency=0ms") == 2
    told = capsys.readouterr().err
    assert told.count("error:") == 3
    assert "did you mean 'disk'?" in told


@pytest.mark.slow
def test_another_budget_takes_the_sensitivities_that_are_there(
    tiny_checkpoint: Path, data: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "small"
    sizes = forecast(tiny_checkpoint, out, capsys)
    for part in (3, 2):
        disk = sizes["least_bytes"] + (sizes["most_bytes"] - sizes["least_bytes"]) // (2 * part)
        assert compress(tiny_checkpoint, out, "--data", str(data), budget=f"disk={disk}B") == 0
        assert shipped_bytes(out) <= disk

        def forbidden(*_: object) -> None:
            raise AssertionError("measured again")

        name = "limbeck.compression.reference_model._TorchModel.logits_with_NV"
        monkeypatch.setattr(name, forbidden)


@pytest.mark.parametrize("left", ["notes.txt", "models/notes", "plan.json"])
def test_a_folder_with_other_content_is_not_touched(
    tiny_checkpoint: Path, tmp_path: Path, capsys: Capture, left: str
) -> None:
    out = tmp_path / "small"
    (out / left).parent.mkdir(parents=True)
    (out / left).write_text("mine", encoding="utf-8")
    (out / "mine.txt").write_text("mine", encoding="utf-8")
    assert compress(tiny_checkpoint, out) == 1
    assert "choose another place after -o" in capsys.readouterr().err
    assert (out / left).read_text(encoding="utf-8") == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small"]


@pytest.mark.slow
def test_an_older_compressed_model_is_kept_until_the_new_one_is_whole(
    tiny_checkpoint: Path, data: Path, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "small"
    assert compress(tiny_checkpoint, out, "--data", str(data)) == 0
    before = (out / "plan.json").read_bytes()
    assert compress(tiny_checkpoint, out, "--data", str(data), budget="disk=20kB") == 3
    assert (out / "plan.json").read_bytes() == before
    assert compress(tiny_checkpoint, out, "--data", str(data), budget="memory=2GB") == 0
    assert (out / "plan.json").read_bytes() != before


@pytest.mark.parametrize("kind", ["bert", "t5"])
def test_encoders_and_pairs_are_refused_with_what_is_supported(
    make_checkpoint: MakeCheckpoint, tmp_path: Path, capsys: Capture, kind: str
) -> None:
    assert compress(make_checkpoint(tmp_path / kind, kind), tmp_path / "small") == 1
    told = capsys.readouterr().err
    assert f"is an {'encoder-decoder (t5)' if kind == 't5' else 'encoder (bert)'}, no causal decoder" in told
    assert "fix: use a causal decoder: Llama, Qwen3, GPT-2" in told


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["gpt2", "qwen3"])
def test_other_families_are_compressed_too(
    make_checkpoint: MakeCheckpoint, data: Path, tmp_path: Path, kind: str
) -> None:
    model = make_checkpoint(tmp_path / kind, kind)
    for engine in ("openvino", "llamacpp"):
        out = tmp_path / engine
        assert compress(model, out, "--data", str(data), "--engine", engine) == 0
        q8 = next(each for each in read(out / "plan.json")["candidates"] if each["name"] == "q8")
        assert q8["forecast_error"] == 0
        assert q8["kl"]["mean"] < 0.05


def test_an_already_quantised_checkpoint_is_refused(broken_checkpoint: Path, tmp_path: Path, capsys: Capture) -> None:
    weights = load_file(broken_checkpoint / "model.safetensors")
    name = next(iter(weights))
    save_file(weights | {name: weights[name].astype(np.int8)}, broken_checkpoint / "model.safetensors")
    assert compress(broken_checkpoint, tmp_path / "small") == 1
    assert "already quantised" in capsys.readouterr().err
    config = read(broken_checkpoint / "config.json") | {"quantization_config": {"bits": 4}}
    (broken_checkpoint / "config.json").write_text(json.dumps(config), encoding="utf-8")
    assert compress(broken_checkpoint, tmp_path / "small") == 1
    assert "start from the 16- or 32-bit checkpoint" in capsys.readouterr().err


def test_a_weight_that_is_no_number_is_named(broken_checkpoint: Path, tmp_path: Path, capsys: Capture) -> None:
    weights = load_file(broken_checkpoint / "model.safetensors")
    weights["model.norm.weight"][3] = np.nan
    save_file(weights, broken_checkpoint / "model.safetensors", metadata={"format": "pt"})
    assert compress(broken_checkpoint, tmp_path / "small") == 1
    assert "1 of 64 weights of 'model.norm.weight' are NaN" in capsys.readouterr().err
    assert not (tmp_path / "small").exists()


@pytest.mark.parametrize(
    ("content", "what"),
    [("", "the file is empty"), ("\n\n\n", "the file"), ("a b", "too little text to calibrate on")],
)
def test_empty_data_is_told(tiny_checkpoint: Path, tmp_path: Path, capsys: Capture, content: str, what: str) -> None:
    (tmp_path / "empty.txt").write_text(content, encoding="utf-8")
    assert compress(tiny_checkpoint, tmp_path / "small", "--data", str(tmp_path / "empty.txt")) == 1
    told = capsys.readouterr().err
    assert what in told
    assert "fix:" in told


def test_missing_data_an_unknown_engine_and_a_preset_are_told(
    tiny_checkpoint: Path, tmp_path: Path, capsys: Capture
) -> None:
    assert compress(tiny_checkpoint, tmp_path / "small", "--data", str(tmp_path / "gone.txt")) == 1
    assert "there is no" in capsys.readouterr().err
    assert compress(tiny_checkpoint, tmp_path / "small", "--engine", "openvin") == 1
    assert "did you mean 'openvino'?" in capsys.readouterr().err
    assert compress("tiny", tmp_path / "small") == 1
    assert "untrained" in capsys.readouterr().err
    assert compress(tmp_path / "gone", tmp_path / "small") == 1
    assert "there is no" in capsys.readouterr().err


def test_a_language_the_tokenizer_has_no_tokens_for_is_told(
    tiny_checkpoint: Path, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "greek.txt"
    path.write_text("\n\n".join(f"Η πρωτεύουσα της Ελλάδας είναι η Αθήνα {n}." for n in range(80)), encoding="utf-8")
    out = tmp_path / "small"
    assert compress(tiny_checkpoint, out, "--data", str(path)) == 0
    assert re.search(r"splits \d+% of the characters of greek.txt into single bytes", capsys.readouterr().out)
    assert read(out / "plan.json")["calibration"]["notes"]


def test_a_full_disk_is_the_machines_fault_and_leaves_nothing(
    tiny_checkpoint: Path, data: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "small"))

    monkeypatch.setattr("limbeck.engine.exporters.openvino.serialise", full)
    assert compress(tiny_checkpoint, tmp_path / "small", "--data", str(data)) == 4
    assert "the disk is full" in capsys.readouterr().err
    assert not [path for path in tmp_path.iterdir() if "small" in path.name]
