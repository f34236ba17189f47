"""kb: check, export, query, add, log, several undos, days and scopes, as they are typed."""

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from limbeck.cli import main

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def base(sources: Path, tmp_path: Path, capsys: Capture) -> str:
    """A base that everyone and Acme have given something to."""
    (sources / "acme.csv").write_text("name,capital\nAcmeland,Acmeville\nChad,Acmetown\n", encoding="utf-8")
    target = str(tmp_path / "kb.sqlite")
    shared = [str(sources / "countries.csv"), str(sources / "handbook")]
    assert main.run(["kb", "build", *shared, "--scoped", f"acme={sources / 'acme.csv'}", "-o", target]) == 0
    capsys.readouterr()
    return target


def out(capsys: Capture, *arguments: str, code: int = 0) -> str:
    assert main.run(["kb", *arguments]) == code
    told = capsys.readouterr()
    return told.err if code else told.out


def told(capsys: Capture, *arguments: str) -> dict:
    return json.loads(out(capsys, *arguments, "--json"))


def test_check_tells_what_is_whole_and_what_is_not(base: str, bundle: Path, capsys: Capture) -> None:
    assert out(capsys, "check", base).startswith("✓ whole: pages")
    assert told(capsys, "check", str(bundle))["whole"] is True
    with closing(sqlite3.connect(base)) as connection:
        connection.execute("DELETE FROM fact_words WHERE rowid = (SELECT min(rowid) FROM fact_words)")
        connection.commit()
    assert main.run(["kb", "check", base]) == 1
    assert "✗ words: 1 statements are not in the index" in capsys.readouterr().out
    assert main.run(["kb", "check", base, "--json"]) == 1
    fault = json.loads(capsys.readouterr().out)["faults"][0]
    assert fault["check"] == "words" and "kb build" in fault["fix"]
    assert "no knowledge base" in out(capsys, "check", "absent.sqlite", code=1)


def test_export_and_build_again(base: str, tmp_path: Path, capsys: Capture) -> None:
    target = str(tmp_path / "facts.jsonl")
    assert "2 facts of 2 subjects as jsonl" in out(capsys, "export", base, "-o", target)
    assert "'facts.jsonl' exists" in out(capsys, "export", base, "-o", target, code=1).replace(f"{tmp_path}/", "")
    assert told(capsys, "export", base, "-o", target, "--overwrite")["facts"] == 2
    again = str(tmp_path / "again.sqlite")
    out(capsys, "build", target, "-o", again)
    assert told(capsys, "search", again, "乍得的首都")["results"][0]["value"]["zh"] == "恩贾梅纳"
    assert "names no form" in out(capsys, "export", base, "-o", str(tmp_path / "x.txt"), code=1)
    assert "did you mean 'turtle'" in out(
        capsys, "export", base, "-o", str(tmp_path / "x"), "--format", "turtel", code=1
    )
    out(capsys, "export", base, "-o", str(tmp_path / "x"), "--format", "turtle")
    assert (tmp_path / "x").read_text("utf-8").startswith("@prefix")


def test_export_never_writes_over_a_base(base: str, capsys: Capture) -> None:
    before = Path(base).read_bytes()
    message = out(capsys, "export", base, "-o", base, "--format", "csv", "--overwrite", code=1)
    assert "is a knowledge base" in message
    assert Path(base).read_bytes() == before


def test_every_form_of_export_is_named_in_the_help() -> None:
    from limbeck.cli.kb.export import command
    from limbeck.knowledge.export import EXPORTS

    assert command.help is not None
    assert all(EXPORTS.load(name).ENDINGS[0] in command.help for name in EXPORTS.names())


def test_query_shows_values_and_the_rows_that_prove_them(base: str, capsys: Capture) -> None:
    assert out(capsys, "query", base, "N'Djamena <- capital").splitlines() == [
        "Chad",
        "    N'Djamena <- capital <- Chad  countries.csv row 1",
    ]
    value = told(capsys, "query", base, "秘鲁 -> capital")["values"][0]
    assert value["value"] == {"en": "Lima", "zh": "利马"}
    assert value["hops"][0]["citations"] == [{"source": "countries.csv", "row": 2}]
    assert "no subject, so the path ends there: 'Lima'" in out(capsys, "query", base, "Peru -> capital -> capital")
    assert "did you mean 'Peru'" in out(capsys, "query", base, "Peruu -> capital", code=1)
    assert "the path has no step" in out(capsys, "query", base, "Peru", code=1)


def test_query_takes_sparql(base: str, capsys: Capture) -> None:
    asked = 'SELECT ?city WHERE { subject:Peru property:capital ?city FILTER (lang(?city) = "zh") }'
    assert out(capsys, "query", base, "--sparql", asked).splitlines() == ["city", "利马"]
    assert told(capsys, "query", base, "--sparql", asked)["rows"] == [["利马"]]
    assert "no SPARQL query" in out(capsys, "query", base, "--sparql", "SELEC", code=1)


def test_sparql_without_its_extra_names_the_extra(base: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rdflib", None)
    assert "pip install 'limbeck[rdf]'" in out(capsys, "query", base, "--sparql", "ASK {}", code=4)


def test_add_log_and_undo(base: str, capsys: Capture) -> None:
    out(
        capsys,
        "add",
        base,
        "Atlantis",
        "capital@en=Poseidonia",
        "capital@zh=波塞冬尼亚",
        "--new",
        "--name",
        "亚特兰蒂斯",
    )
    first = told(capsys, "search", base, "亚特兰蒂斯的首都")["results"][0]
    assert first["value"] == {"en": "Poseidonia", "zh": "波塞冬尼亚"}
    assert first["citation"] == {"source": "edit", "row": 1}
    out(capsys, "set", base, "Chad", "capital", "Moundou", "--from", "2999-01-01")
    out(capsys, "delete", base, "--source", "handbook/visas.md")
    lines = out(capsys, "log", base).splitlines()
    assert lines[0].startswith("   1  20") and lines[0].endswith("add Atlantis / capital: – → Poseidonia")
    assert lines[1].endswith("set Chad / capital: N'Djamena → N'Djamena until 2998-12-31, Moundou from 2999-01-01")
    assert lines[2].endswith("delete source handbook/visas.md: 0 facts")
    assert "only 3 of 4" in out(capsys, "undo", base, "4", code=1)
    assert told(capsys, "undo", base, "2")["undone"] == ["delete source handbook/visas.md", "set Chad / capital"]
    assert [edit["is_undone"] for edit in told(capsys, "log", base)["edits"]] == [False, True, True]
    assert out(capsys, "undo", base) == "took back: add Atlantis / capital\n"
    assert "no edit to undo" in out(capsys, "undo", base, code=1)


def test_days_and_pairs_that_are_none_are_refused(base: str, capsys: Capture) -> None:
    assert "'soon' is no day" in out(capsys, "set", base, "Chad", "capital", "x", "--from", "soon", code=1)
    assert "'capital' is no PROPERTY=VALUE" in out(capsys, "add", base, "Chad", "capital", code=2)
    assert "To add it as a new subject: --new" in out(capsys, "add", base, "Cahd", "capital=x", code=1)
    assert "has its own scope" in out(capsys, "delete", base, "--source", "acme.csv", "--scope", "acme", code=2)
    assert out(capsys, "log", base) == "no edits\n"


def test_a_scope_sees_its_own_in_every_command(base: str, tmp_path: Path, capsys: Capture) -> None:
    asked = {
        "search": ("search", base, "capital of Acmeland"),
        "show": ("show", base, "acme.csv:1"),
        "query": ("query", base, "Acmeland -> capital"),
        "sparql": ("query", base, "--sparql", "SELECT ?x WHERE { ?s property:capital ?x }"),
    }
    for arguments in asked.values():
        assert "Acmeville" in out(capsys, *arguments, "--scope", "acme")
    for arguments in asked.values():
        main.run(["kb", *arguments])
        assert "Acmeville" not in capsys.readouterr().out
    for scope in ("", "acme"):
        out(capsys, "export", base, "-o", str(tmp_path / f"{scope}x.csv"), "--scope", scope)
        assert ("Acmeville" in (tmp_path / f"{scope}x.csv").read_text("utf-8")) == bool(scope)
    out(capsys, "set", base, "Chad", "capital", "Newacme", "--scope", "acme")
    assert "Newacme" in out(capsys, "search", base, "capital of Chad", "--scope", "acme")
    assert "Newacme" not in out(capsys, "search", base, "capital of Chad")


def test_an_assistant_answers_a_scope(bundle: Path, base: str, capsys: Capture) -> None:
    from limbeck.bundle.pack import reseal

    (bundle / "knowledge.sqlite").write_bytes(Path(base).read_bytes())
    reseal(bundle)
    for scope, answer in (("", "I don't know"), ("acme", "The capital of Acmeland is Acmeville.")):
        assert main.run(["ask", str(bundle), "What is the capital of Acmeland?", "--scope", scope]) == 0
        assert capsys.readouterr().out.startswith(answer)


def test_a_build_needs_a_source(tmp_path: Path, capsys: Capture) -> None:
    assert "no source is named" in out(capsys, "build", "-o", str(tmp_path / "x.sqlite"), code=2)
    assert "is no NAME=SOURCE" in out(capsys, "build", "--scoped", "acme", "-o", str(tmp_path / "x.sqlite"), code=2)
