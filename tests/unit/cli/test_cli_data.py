"""data: the table, the JSON, the files it writes, and what it refuses."""

import json
from pathlib import Path

import pytest

from limbeck.cli import main

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def faq(tmp_path: Path) -> Path:
    rows = [("Where is the key?", "At the desk."), ("钥匙在哪里？", "在前台。"), ("Where is the key?", "At the desk.")]
    table = "".join(f"{asked},{answer}\n" for asked, answer in rows)
    (tmp_path / "faq.csv").write_text(f"question,answer\n{table}", encoding="utf-8")
    return tmp_path / "faq.csv"


def test_the_table_shows_where_every_row_went(faq: Path, capsys: Capture) -> None:
    assert main.run(["data", str(faq)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "rows in     3",
        "  faq.csv   3  CSV: pairs (question → answer)",
        "repeated   −1  faq.csv:4: the same as faq.csv:2",
        "kept        2  66.7%",
    ]


def test_records_are_written_as_messages(faq: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "out.jsonl"
    assert main.run(["data", str(faq), "-o", str(out), "--eval-share", "0.5", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == 1
    assert told["written"] == [str(out), str(tmp_path / "out.eval.jsonl")]
    assert told["kept"] == {"train": 1, "evaluation": 1}
    assert told["dropped"][0]["examples"] == [{"where": "faq.csv:4", "what": "the same as faq.csv:2"}]
    lines = [json.loads(Path(path).read_text(encoding="utf-8")) for path in told["written"]]
    asked = {line["messages"][0]["content"] for line in lines}
    assert asked == {"Where is the key?", "钥匙在哪里？"}
    assert [message["role"] for message in lines[0]["messages"]] == ["user", "assistant"]


def test_texts_are_written_as_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("一段。\n\nAnother.\n", encoding="utf-8")
    assert main.run(["data", str(tmp_path / "a.txt"), "-o", str(tmp_path / "out.jsonl")]) == 0
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == '{"text": "一段。"}\n{"text": "Another."}\n'


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (["-o", "faq.csv"], 2, "is one of the files that are read"),
        (["-o", "out.csv"], 2, "is not named as JSONL"),
        (["--prompt", "question"], 2, "--prompt and --completion go together"),
        (["--text", "a", "--messages", "b"], 2, "different things of the same rows"),
        (["--near-duplicates", "0.9", "--keep-near-duplicates"], 2, "either kept or dropped"),
        (["--near-duplicates", "7"], 2, "near-duplicates"),
        (["--text", "questions"], 1, "did you mean 'question'?"),
        (["--language", "chinese"], 1, "no language 'chinese'"),
        (["--held-out", "nothing.jsonl"], 1, "there is no file"),
        (["--min-characters", "9", "--max-characters", "3"], 1, "no text has from 9 to 3"),
    ],
)
def test_wrong_lines_are_refused(
    faq: Path, options: list[str], code: int, told: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(faq.parent)
    before = faq.read_bytes()
    assert main.run(["data", "faq.csv", *options]) == code
    assert told in capsys.readouterr().err
    assert faq.read_bytes() == before


def test_bad_rows_are_shown_with_their_lines_also_as_json(tmp_path: Path, capsys: Capture) -> None:
    row = {"messages": [{"role": "user", "content": "在吗？"}]}
    (tmp_path / "c.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert main.run(["data", str(tmp_path / "c.jsonl"), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)["error"]
    assert told["what"].startswith("1 of 1 rows of c.jsonl cannot be used (1 ends with the user)")
    assert told["where"] == "c.jsonl:1: turn 1, the last, is the user's"
    assert told["fix"] == "add the answer, or take the last turn out"


def test_a_missing_library_names_its_extra(faq: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "rensa", None)
    assert main.run(["data", str(faq)]) == 4
    assert "limbeck[build]" in capsys.readouterr().err
