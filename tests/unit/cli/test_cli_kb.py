"""kb: build, search, show and edit, in a file and in a bundle."""

import json
from pathlib import Path

import pytest

from limbeck.cli import main

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def base(sources: Path, tmp_path: Path, capsys: Capture) -> str:
    target = str(tmp_path / "kb.sqlite")
    assert main.run(["kb", "build", str(sources / "countries.csv"), str(sources / "handbook"), "-o", target]) == 0
    assert "countries.csv" in capsys.readouterr().out
    return target


def answer(bundle: Path, capsys: Capture) -> str:
    assert main.run(["ask", str(bundle), "What is the capital of Chad?", "--json"]) == 0
    return str(json.loads(capsys.readouterr().out)["answer"])


def test_search_finds_facts_and_passages(base: str, capsys: Capture) -> None:
    assert main.run(["kb", "search", base, "capital of Chad", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)["results"][0]
    assert first["value"] == {"en": "N'Djamena", "zh": "恩贾梅纳"}
    assert first["citation"] == {"source": "countries.csv", "row": 1}
    assert main.run(["kb", "search", base, "opening hours of the visa desk"]) == 0
    assert "handbook/visas.md, characters" in capsys.readouterr().out
    assert main.run(["kb", "search", base, "zzz"]) == 0
    assert capsys.readouterr().out == "nothing found\n"


def test_show_takes_a_citation_as_it_is_printed(base: str, capsys: Capture) -> None:
    for citation in ("countries.csv:2", "countries.csv row 2"):
        assert main.run(["kb", "show", base, citation]) == 0
        assert "name: Peru" in capsys.readouterr().out
    assert main.run(["kb", "search", base, "opening hours of the visa desk", "--json"]) == 0
    start, end = json.loads(capsys.readouterr().out)["results"][0]["citation"]["span"]
    assert main.run(["kb", "show", base, f"handbook/visas.md, characters {start}-{end}", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["text"].startswith("The visa desk is open")
    assert main.run(["kb", "show", base, "nonsense"]) == 2
    assert "'nonsense' is not a citation" in capsys.readouterr().err


def test_an_edited_bundle_answers_anew_and_stays_whole(bundle: Path, capsys: Capture) -> None:
    assert main.run(["kb", "set", str(bundle), "Chad", "capital", "Abéché"]) == 0
    capsys.readouterr()
    assert answer(bundle, capsys) == "The capital of Chad is Abéché."
    assert main.run(["kb", "undo", str(bundle)]) == 0
    capsys.readouterr()
    assert answer(bundle, capsys) == "The capital of Chad is N'Djamena."
    assert main.run(["kb", "delete", str(bundle), "Chad", "capital"]) == 0
    capsys.readouterr()
    assert answer(bundle, capsys).startswith("I don't know")
    assert main.run(["kb", "undo", str(bundle), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["undone"] == ["delete Chad / capital"]
    assert main.run(["kb", "delete", str(bundle), "--source", "handbook/visas.md"]) == 0


def test_a_damaged_bundle_is_not_edited(bundle: Path, capsys: Capture) -> None:
    knowledge = bundle / "knowledge.sqlite"
    before = knowledge.read_bytes()
    damaged = bytes([*before[:-1], before[-1] ^ 1])
    knowledge.write_bytes(damaged)
    assert main.run(["kb", "set", str(bundle), "Chad", "capital", "x"]) == 1
    assert "was altered" in capsys.readouterr().err
    assert knowledge.read_bytes() == damaged


def test_wrong_edits_name_the_nearest(base: str, capsys: Capture) -> None:
    assert main.run(["kb", "set", base, "Chad", "capitl", "x"]) == 1
    assert "did you mean 'capital'?" in capsys.readouterr().err
    assert main.run(["kb", "undo", base]) == 1
    assert main.run(["kb", "delete", base, "Chad"]) == 2
    assert main.run(["kb", "delete", base, "Chad", "capital", "--source", "countries.csv"]) == 2
    assert "name either one fact or one source" in capsys.readouterr().err
    assert main.run(["kb", "search", "absent.sqlite", "x"]) == 1


def test_build_never_writes_over_something_else(sources: Path, capsys: Capture) -> None:
    table = sources / "countries.csv"
    before = table.read_bytes()
    assert main.run(["kb", "build", str(sources / "handbook"), "-o", str(table)]) == 1
    assert "exists and is not a knowledge base" in capsys.readouterr().err
    assert table.read_bytes() == before


def test_build_names_a_missing_or_unknown_source(sources: Path, tmp_path: Path, capsys: Capture) -> None:
    target = str(tmp_path / "kb.sqlite")
    assert main.run(["kb", "build", str(sources / "countrys.csv"), "-o", target]) == 1
    assert "countries.csv'?" in capsys.readouterr().err
    (sources / "x.bin").write_bytes(b"x")
    assert main.run(["kb", "build", str(sources / "x.bin"), "-o", target]) == 1
    assert "cannot tell the kind" in capsys.readouterr().err
    (sources / "empty.csv").write_bytes(b"")
    assert main.run(["kb", "build", str(sources / "empty.csv"), "-o", target]) == 1
    assert not Path(target).exists()


def test_build_guesses_each_kind_and_tells_what_it_left_alone(tmp_path: Path, capsys: Capture) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.md").write_text("# Desk\n\nThe desk is open from nine.\n")
    (docs / "b.html").write_text("<h1>Keys</h1><p>The porter has the keys.</p><script>x</script>")
    (docs / "c.png").write_bytes(b"\x89PNG")
    (tmp_path / "faq.csv").write_text("question,answer\nWho has the keys?,The porter.\n")
    target = str(tmp_path / "kb.sqlite")
    assert main.run(["kb", "build", str(docs), str(tmp_path / "faq.csv"), "-o", target, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    kinds = [(source["name"], source["kind"]) for source in told["sources"]]
    assert kinds == [("docs/a.md", "markdown"), ("docs/b.html", "html"), ("faq.csv", "faq")]
    assert (told["unread"], told["dropped"]) == (["docs/c.png"], {"<script>": 1})
    assert main.run(["kb", "build", str(docs), "-o", target]) == 0
    printed = capsys.readouterr()
    assert "left alone, as no kind reads it: docs/c.png" in printed.err
    assert "1 <script>" in printed.out


def test_build_takes_a_kind_and_options_as_a_recipe_does(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "a.csv").write_text("ask,say\nWho?,The porter.\n")
    command = ["kb", "build", str(tmp_path / "a.csv"), "-o", str(tmp_path / "kb.sqlite")]
    named = [*command, "--kind", "faq", "--option", "question=ask", "--option", "answer=say", "--json"]
    assert main.run(named) == 0
    assert json.loads(capsys.readouterr().out)["chunks"] == 1
    assert main.run([*command, "--option", "sheets=Rooms"]) == 2
    assert "options of table: mapping, sheet" in capsys.readouterr().err
    assert main.run([*command, "--option", "sheet"]) == 2
    assert main.run([*command, "--kind", "tabel"]) == 1
    assert "did you mean 'table'?" in capsys.readouterr().err


def test_a_table_without_its_extra_says_what_to_install(tmp_path: Path, capsys: Capture, monkeypatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "openpyxl", None)
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04")
    assert main.run(["kb", "build", str(tmp_path / "a.xlsx"), "-o", str(tmp_path / "kb.sqlite")]) == 4
    assert "pip install 'limbeck[sources]'" in capsys.readouterr().err
