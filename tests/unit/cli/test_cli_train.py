"""train, from the command line to the checkpoint and its report; every bad input has its own words."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from limbeck.cli import main

Capture = pytest.CaptureFixture[str]
WORDS = ("river", "stone", "market", "letter", "河流", "石头", "集市", "信件")


def text_file(folder: Path, count: int = 60) -> Path:
    lines = (" ".join(WORDS[(n * k) % 8] for k in range(1, 12)) + f" {n}" for n in range(count))
    path = folder / "words.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def talk_file(folder: Path, rows: list[dict[str, Any]] | None = None) -> Path:
    path = folder / "talks.jsonl"
    found = rows or [talk(f"what is {n} 和 {n + 1}?", f"it is {n}") for n in range(40)]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found), encoding="utf-8")
    return path


def talk(asked: str, answered: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]}


def train(model: Path | str, data: Path, *options: str) -> int:
    out = data.parent / "out"
    return main.run(["train", str(model), str(data), "-o", str(out), "--steps", "6", "--length", "64", *options])


def facts(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "out" / "training.json").read_text(encoding="utf-8"))
    return found


def test_a_model_is_continued_and_the_report_tells_it(tiny_checkpoint: Path, tmp_path: Path, capsys: Capture) -> None:
    assert train(tiny_checkpoint, text_file(tmp_path)) == 0
    told = capsys.readouterr()
    assert "rows in" in told.out
    assert "objective: causal" in told.out
    assert "held-out loss" in told.out
    assert "bits per byte" in told.out
    found = facts(tmp_path)
    assert found["held_out"]["after"] < found["held_out"]["before"]
    assert found["loss_curve"][-1]["step"] == 6
    assert found["measured"]["tokens_per_second"] > 0
    reasons = {choice["name"]: choice["why"] for choice in found["choices"]}
    assert reasons["steps"] == "as asked"
    assert "a network that has learnt already" in reasons["learning_rate"]
    assert found["waterfall"]["tokens_trained"] > 0
    assert set(found["versions"]) >= {"torch", "transformers"}
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert '<polyline class="curve"' in page
    assert "留出数据" in page
    assert "| bits per byte |" in (tmp_path / "out" / "REPORT.md").read_text(encoding="utf-8")


def test_the_same_command_trains_nothing_again_and_another_starts_anew(
    tiny_checkpoint: Path, tmp_path: Path, capsys: Capture
) -> None:
    data = talk_file(tmp_path)
    assert train(tiny_checkpoint, data) == 0
    assert "objective: dialogue (38 of 38 records are dialogues)" in capsys.readouterr().out
    weights = (tmp_path / "out" / "model.safetensors").read_bytes()
    assert train(tiny_checkpoint, data) == 0
    told = capsys.readouterr()
    assert "train: unchanged" in told.err
    assert "starts anew" not in told.err
    assert train(tiny_checkpoint, data, "--seed", "1") == 0
    assert "starts anew: params.seed 0 -> 1" in capsys.readouterr().err
    assert (tmp_path / "out" / "model.safetensors").read_bytes() != weights


def test_an_adapter_is_trained_and_merged(tiny_checkpoint: Path, tmp_path: Path, capsys: Capture) -> None:
    assert train(tiny_checkpoint, text_file(tmp_path), "--lora", "--rank", "2", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["lora"] is True
    assert 0 < told["weights_trained"] < 0.2 * told["weights"]
    assert told["held_out"]["after"] < told["held_out"]["before"]
    assert (tmp_path / "out" / "adapter" / "adapter_model.safetensors").is_file()
    assert not json.loads((tmp_path / "out" / "config.json").read_text(encoding="utf-8")).get("peft")
    assert main.run(["attention", str(tmp_path / "out"), "river 河流", "--json"]) == 0


@pytest.mark.parametrize(("options", "code", "what"), [
    (["--steps", "3", "--epochs", "2"], 2, "--steps and --epochs both say how long"),
    (["--rank", "4"], 2, "--rank is that of an adapter"),
    (["--objective", "masked"], 2, "a llama cannot learn by --objective masked"),
    (["--length", "5000"], 2, "the model reads at most 512 tokens, not 5000"),
    (["--memory", "much"], 2, "'much' has no number and unit"),
    (["--memory", "1 MB"], 4, "even one sequence of 64 tokens needs"),
    (["--rate", "1e30"], 3, "became nan at step"),
])  # fmt: skip
def test_what_cannot_be_trained_is_told(
    tiny_checkpoint: Path, tmp_path: Path, capsys: Capture, options: list[str], code: int, what: str
) -> None:
    assert train(tiny_checkpoint, text_file(tmp_path), *options) == code
    told = capsys.readouterr().err
    assert what in told
    assert "fix: " in told
    assert not (tmp_path / "out").exists()


PROMPT = {"messages": [{"role": "user", "content": "and now?"}]}
STRANGE = {"messages": [{"role": "critic", "content": "no"}, {"role": "assistant", "content": "yes"}]}


@pytest.mark.parametrize(("bad", "what"), [(PROMPT, "talks.jsonl:3"), (STRANGE, "talks.jsonl:3")])
def test_bad_rows_are_shown(
    tiny_checkpoint: Path, tmp_path: Path, capsys: Capture, bad: dict[str, Any], what: str
) -> None:
    rows = [talk(f"问 {n}?", f"答 {n}") for n in range(12)]
    rows[2:2] = [bad, {**bad, "id": 2}]
    assert train(tiny_checkpoint, talk_file(tmp_path, rows)) == 1
    told = capsys.readouterr().err
    assert what in told
    assert "fix: " in told
    assert not (tmp_path / "out").exists()


def test_a_template_that_refuses_is_shown_with_the_first_rows(
    broken_checkpoint: Path, tmp_path: Path, capsys: Capture
) -> None:
    template = broken_checkpoint / "chat_template.jinja"
    refusing = "{{ raise_exception('only one turn') }}" + template.read_text(encoding="utf-8")
    template.write_text(refusing, encoding="utf-8")
    assert train(broken_checkpoint, talk_file(tmp_path)) == 1
    told = capsys.readouterr().err
    assert "there is no token to learn from" in told
    assert "only one turn" in told
    assert "talks.jsonl:1" in told


def test_other_files_are_never_written_over(tiny_checkpoint: Path, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").touch()
    assert train(tiny_checkpoint, text_file(tmp_path)) == 1
    assert "holds files that no training left there" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.txt"]


KILLED = """
import os, signal, sys
from limbeck.cli import main, progress
stage, wanted = sys.argv[1], int(sys.argv[2])
seen = 0
def hear(self, name, done, total, note):
    global seen
    seen += name == stage
    if seen == wanted:
        os.kill(os.getpid(), getattr(signal, sys.argv[3]))
progress.Lines.stage_progress = hear
sys.exit(main.run(sys.argv[4:]))
"""


def start(arguments: list[str], *, stage: str, after: int, ends_by: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", KILLED, stage, str(after), ends_by, *arguments]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize(("ends_by", "code"), [("SIGKILL", -signal.SIGKILL), ("SIGINT", 130)])
def test_a_training_that_is_ended_goes_on_to_the_same_bits(
    tiny_checkpoint: Path, tmp_path: Path, capsys: Capture, ends_by: str, code: int
) -> None:
    results = []
    for name in ("whole", "cut"):
        (tmp_path / name).mkdir()
        data = text_file(tmp_path / name)
        arguments = ["train", str(tiny_checkpoint), str(data), "-o", str(tmp_path / name / "out"), "--steps", "6"]
        if name == "cut":
            done = start(arguments, stage="train", after=4, ends_by=ends_by)
            assert done.returncode == code
            assert ends_by == "SIGKILL" or "fix: go on where it stopped: `limbeck train " in done.stderr
        assert main.run(arguments) == 0
        capsys.readouterr()
        found = facts(tmp_path / name)
        results.append(((tmp_path / name / "out" / "model.safetensors").read_bytes(), found["loss_curve"]))
    assert results[0] == results[1]


@pytest.mark.slow
def test_a_search_that_is_killed_repeats_no_trial_and_chooses_the_same(
    tiny_checkpoint: Path, tmp_path: Path, capsys: Capture
) -> None:
    chosen, made = [], []
    for name in ("whole", "cut"):
        (tmp_path / name).mkdir()
        data, out = text_file(tmp_path / name), tmp_path / name / "out"
        arguments = ["train", str(tiny_checkpoint), str(data), "-o", str(out), "--steps", "15", "--tune", "4"]
        trials = tmp_path / name / ".limbeck/train/out/artifacts/trial"
        before: dict[str, int] = {}
        if name == "cut":
            assert start(arguments, stage="trial", after=30, ends_by="SIGKILL").returncode == -signal.SIGKILL
            before = {path.name: path.stat().st_mtime_ns for path in trials.iterdir()}
            assert before
        assert main.run(arguments) == 0
        capsys.readouterr()
        after = {path.name: path.stat().st_mtime_ns for path in trials.iterdir()}
        assert before.items() <= after.items()
        made.append(set(after))
        chosen.append(facts(tmp_path / name)["tuning"])
    assert made[0] == made[1]
    assert chosen[0] == chosen[1]
    assert len(chosen[0]["trials"]) == 4
    assert '<h2><span lang="en">Search' in (tmp_path / "cut/out/report.html").read_text(encoding="utf-8")
