"""chat with checkpoints instead of bundles."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from unicodedata import category

import pytest

from limbeck.cli import main

Capture = pytest.CaptureFixture[str]
Make = Callable[[Path, str], Path]
Chat = Callable[..., int]


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Chat:
    """What runs `limbeck chat` over some lines."""

    def run(name: Path, lines: str, *options: str) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(lines))
        return main.run(["chat", str(name), *options])

    return run


@pytest.fixture(scope="module")
def dialogpt(make_checkpoint: Make, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GPT-2 without chat template, as DialoGPT is."""
    folder = make_checkpoint(tmp_path_factory.mktemp("dialogpt"), "gpt2")
    (folder / "chat_template.jinja").unlink()
    return folder


def told(capsys: Capture) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_model_answers_each_turn_and_knows_the_ones_before(
    tiny_checkpoint: Path, chat: Chat, capsys: Capture
) -> None:
    short = ("--json", "--max-tokens", "8")
    assert chat(tiny_checkpoint, "Hello\nHello\n/new\nHello\n", *short) == 0
    first, second, again = told(capsys)
    assert set(first) == {"schema", "question", "answer", "num_tokens", "is_cut", "forgotten_turns", "timings_ms"}
    assert (first["question"], first["forgotten_turns"], set(first["timings_ms"])) == (
        "Hello",
        0,
        {"first_token", "total"},
    )
    assert 0 < first["num_tokens"] <= 8
    assert first["answer"] != second["answer"]
    assert first["answer"] == again["answer"]


def test_a_gpt2_without_a_template_is_asked_turn_by_turn(dialogpt: Path, chat: Chat, capsys: Capture) -> None:
    """The answer is that of the network to the question closed by the end token."""
    import torch
    from tokenizers import Tokenizer
    from transformers import GPT2LMHeadModel

    assert chat(dialogpt, "The capital\n", "--json", "--max-tokens", "1") == 0
    (answer,) = told(capsys)
    tokenizer = Tokenizer.from_file(str(dialogpt / "tokenizer.json"))
    prompt = torch.tensor([tokenizer.encode("The capital<|end|>").ids])
    with torch.inference_mode():
        best = int(GPT2LMHeadModel.from_pretrained(dialogpt)(prompt).logits[0, -1].argmax())
    assert answer["answer"] == tokenizer.decode([best]).strip()


def test_what_is_streamed_is_the_answer(tiny_checkpoint: Path, chat: Chat, capsys: Capture) -> None:
    lines = "Hello\n/help\n/what\nBye\nquit\nnever read\n"
    drawn = ("--max-tokens", "12", "--temperature", "0.8", "--top-p", "0.9", "--top-k", "40", "--seed", "5")
    assert chat(tiny_checkpoint, lines, *drawn, "--json") == 0
    answers = [line["answer"] for line in told(capsys)]
    assert len(answers) == 2
    assert chat(tiny_checkpoint, lines, *drawn) == 0
    written = capsys.readouterr()
    shown = ["".join(sign for sign in answer if sign == "\n" or category(sign) != "Cc") for answer in answers]
    assert written.out == "".join(f"{answer}\n" for answer in shown)
    assert written.err.count("/new starts over") == 3


def test_seeds_tell_answers_apart(tiny_checkpoint: Path, chat: Chat, capsys: Capture) -> None:
    answers = []
    for seed in ("1", "1", "2"):
        assert (
            chat(tiny_checkpoint, "Hello\n", "--temperature", "1", "--seed", seed, "--json", "--max-tokens", "12") == 0
        )
        answers.append(told(capsys)[0]["answer"])
    assert answers[0] == answers[1] != answers[2]


def test_a_talk_longer_than_the_context_goes_on(dialogpt: Path, chat: Chat, capsys: Capture) -> None:
    question = "x?" * 90  # 180 tokens of 512
    assert chat(dialogpt, f"{question}\n" * 4, "--json", "--max-tokens", "8") == 0
    written = capsys.readouterr()
    assert [json.loads(line)["forgotten_turns"] for line in written.out.splitlines()] == [0, 0, 1, 2]
    assert written.err.count("its oldest turns are dropped") == 1


def test_a_question_that_cannot_fit_is_told_and_the_talk_goes_on(dialogpt: Path, chat: Chat, capsys: Capture) -> None:
    assert chat(dialogpt, "x?" * 300 + "\nHi\n", "--json", "--max-tokens", "4") == 0
    written = capsys.readouterr()
    assert len(written.out.splitlines()) == 1
    assert "and the model reads 512" in written.err
    assert "--max-tokens" in written.err


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        (["{model}", "--engine", "openvino"], 2, "--engine is for bundles"),
        (["{model}", "--max-tokens", "512"], 2, "leaves no room for a question"),
        (["{model}", "--temperature", "-1"], 2, "--temperature"),
        (["{model}", "--top-p", "0"], 2, "--top-p"),
        (["{bundle}", "--seed", "3"], 2, "--seed is for models"),
        (["{bundle}", "--max-tokens", "3"], 2, "--max-tokens is for models"),
        (["{here}"], 1, "has no config.json"),
        (["{here}/nothing"], 1, "there is no"),
    ],
)
def test_what_does_not_fit_is_an_error(
    tiny_checkpoint: Path, bundle: Path, tmp_path: Path, capsys: Capture, arguments: list[str], code: int, what: str
) -> None:
    filled = [word.format(model=tiny_checkpoint, bundle=bundle, here=tmp_path) for word in arguments]
    assert main.run(["chat", *filled]) == code
    told = capsys.readouterr().err
    assert what in told
    assert "fix: " in told


def test_a_folder_that_is_neither_is_told_what_is_supported(tmp_path: Path, capsys: Capture) -> None:
    assert main.run(["chat", str(tmp_path)]) == 1
    fix = capsys.readouterr().err.partition("fix: ")[2]
    for supported in ("bundle", "Llama", "Qwen3", "GPT-2", "DialoGPT", "T5", "BART", "safetensors", "hub id"):
        assert supported in fix


def test_an_encoder_writes_nothing_and_is_told(make_checkpoint: Make, tmp_path: Path, capsys: Capture) -> None:
    assert main.run(["chat", str(make_checkpoint(tmp_path / "bert", "bert"))]) == 1
    told = capsys.readouterr().err
    assert "is an encoder" in told
    assert "supported: causal decoder" in told
    assert "encoder-decoder (T5, BART)" in told


def test_a_hub_id_without_a_network_is_a_clear_error(tmp_path: Path) -> None:
    here = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "limbeck.cli.main", "chat", "nobody/nothing"]
    done = subprocess.run(command, env=here, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 4
    assert "error: cannot load 'nobody/nothing' from the hub" in done.stderr
    assert "fix: check the id and the connection, or give a local folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_talking_with_a_bundle_loads_no_torch(bundle: Path) -> None:
    code = (
        "import sys, io; sys.stdin = io.StringIO('quit'); from limbeck.cli.main import run; "
        f"code = run(['chat', {str(bundle)!r}]); print(sorted({{'torch', 'transformers'}} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
