"""ask, chat and eval on a small bundle."""

import io
import json
from pathlib import Path

import pytest

from limbeck.cli import main

Capture = pytest.CaptureFixture[str]


def test_ask_prints_the_answer_and_its_sources(bundle: Path, capsys: Capture) -> None:
    assert main.run(["ask", str(bundle), "What is the capital of Chad?"]) == 0
    assert capsys.readouterr().out == "The capital of Chad is N'Djamena.\n  [1] countries.csv row 1\n"
    assert main.run(["ask", str(bundle), "秘鲁的首都是哪里？"]) == 0
    assert capsys.readouterr().out == "秘鲁的首都是利马。\n  [1] countries.csv row 2\n"
    assert main.run(["ask", str(bundle), "When is the visa desk open?"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[1].startswith("  [1] handbook/visas.md, characters ")
    assert told[1].endswith('"The visa desk is open from 8:30 to 16:00."')


def test_ask_json_has_the_agreed_shape(bundle: Path, capsys: Capture) -> None:
    assert main.run(["ask", str(bundle), "capital of Chad", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"schema", "answer", "citations", "refused", "timings_ms"}
    assert (told["schema"], told["refused"]) == (1, False)
    assert told["citations"] == [{"source": "countries.csv", "row": 1}]
    assert main.run(["ask", str(bundle), "When is the visa desk open?", "--json"]) == 0
    (cited,) = json.loads(capsys.readouterr().out)["citations"]
    assert set(cited) == {"source", "span"} and cited["span"][0] < cited["span"][1]


def test_a_refusal_is_an_answer(bundle: Path, capsys: Capture) -> None:
    assert main.run(["ask", str(bundle), "Who wrote Hamlet?", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["refused"] is True
    assert told["citations"] == []


def test_ask_takes_earlier_questions(bundle: Path, capsys: Capture) -> None:
    question = ["ask", str(bundle), "And the capital?", "--json"]
    assert main.run([*question, "--history", "Tell me about Peru."]) == 0
    assert "Lima" in json.loads(capsys.readouterr().out)["answer"]


def test_an_empty_question_and_no_bundle_are_errors(bundle: Path, capsys: Capture) -> None:
    assert main.run(["ask", str(bundle), " \x00 "]) == 2
    assert capsys.readouterr().err.startswith("error: the question")
    assert main.run(["ask", str(bundle.parent / "sources"), "x"]) == 1
    assert "is not a bundle" in capsys.readouterr().err


def test_a_long_question_is_answered_too(bundle: Path, capsys: Capture) -> None:
    assert main.run(["ask", str(bundle), "What is the capital of Chad? " + "x" * 100_000, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["schema"] == 1


def test_a_tampered_bundle_is_refused(bundle: Path, capsys: Capture) -> None:
    (bundle / "model/openvino/weights.bin").write_bytes(b"v" * 100)
    assert main.run(["ask", str(bundle), "x"]) == 1
    assert "was altered" in capsys.readouterr().err


def test_chat_remembers_and_starts_over(bundle: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "What is the capital of Chad?\n/help\n\nAnd of Peru?\n/new\nAnd the capital?\nquit\nnever read\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    assert main.run(["chat", str(bundle)]) == 0
    written = capsys.readouterr()
    answers = [line for line in written.out.splitlines() if not line.startswith("  [")]
    assert answers[:2] == ["The capital of Chad is N'Djamena.", "The capital of Peru is Lima."]
    assert answers[2].startswith("I don't know")
    assert written.err.count("/new starts over") == 2


def test_chat_ends_with_its_input_and_speaks_json(
    bundle: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("capital of Peru\n\x00\ncapital of Chad"))
    assert main.run(["chat", str(bundle), "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [reply["question"] for reply in told] == ["capital of Peru", "capital of Chad"]


QUESTIONS = """\
{"question": "What is the capital of Chad?", "answers": ["N'Djamena"]}
{"question": "秘鲁的首都是哪里？", "answers": ["Lima"]}
{"question": "Who wrote Hamlet?", "answers": []}
"""


def test_eval_json_has_the_agreed_shape(bundle: Path, tmp_path: Path, capsys: Capture) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text(QUESTIONS, encoding="utf-8")
    judged = tmp_path / "answers.jsonl"
    assert main.run(["eval", str(bundle), "--questions", str(questions), "--json", "--answers", str(judged)]) == 0
    told = json.loads(capsys.readouterr().out)
    scores = dict.fromkeys(("accuracy", "citation_accuracy", "refusal_precision", "refusal_recall"), 1.0)
    assert told == {"schema": 1, **scores, "n": 3}
    assert len(judged.read_text(encoding="utf-8").splitlines()) == 3


def test_eval_prints_a_table(bundle: Path, tmp_path: Path, capsys: Capture) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text(QUESTIONS, encoding="utf-8")
    assert main.run(["eval", str(bundle), "--questions", str(questions)]) == 0
    assert "accuracy" in capsys.readouterr().out
    questions.write_text('{"question": "x"}\n')
    assert main.run(["eval", str(bundle), "--questions", str(questions)]) == 1
    assert "questions.jsonl:1" in capsys.readouterr().err
    assert main.run(["eval", str(bundle)]) == 2
    assert "--questions" in capsys.readouterr().err
