"""init, doctor, list, plan, status, why: the commands around a recipe."""

import json
from pathlib import Path

import pytest

from limbeck.cli import checkup, main
from limbeck.cli.checkup import Finding

RECIPE = """\
name = "atlas"
base = "tiny"
budget = { disk = "25 MB" }
engines = ["openvion"]
[[knowledge]]
location = "countrys.csv"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "countries.csv").write_text("name,capital\nChad,N'Djamena\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_init_writes_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["init", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["recipe"] == "limbeck.toml"
    assert told["sources"] == ["countries.csv"]
    before = (folder / "limbeck.toml").read_text()
    assert main.run(["init"]) == 1
    assert "error: 'limbeck.toml' exists already" in capsys.readouterr().err
    assert (folder / "limbeck.toml").read_text() == before


@pytest.mark.parametrize("command", [["plan"], ["run"], ["status"], ["why", "fusion"]])
def test_a_missing_recipe_points_to_init(folder: Path, capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    assert main.run(command) == 1
    assert capsys.readouterr().err == "error: there is no recipe 'limbeck.toml'\n  fix: `limbeck init` writes one\n"


def test_all_problems_of_a_recipe_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("limbeck.toml").write_text(RECIPE)
    assert main.run(["plan", "--json"]) == 1
    written = capsys.readouterr()
    assert written.err == (
        "error: unknown engine 'openvion'\n"
        "  at:  limbeck.toml:4 engines\n"
        "  fix: did you mean 'openvino'? (`limbeck list` shows all)\n"
        "error: source 'countrys.csv' does not exist\n"
        "  at:  limbeck.toml:6 knowledge.location\n"
        "  fix: did you mean 'countries.csv'?\n"
    )
    assert [error["where"] for error in json.loads(written.out)["errors"]] == [
        "limbeck.toml:4 engines",
        "limbeck.toml:6 knowledge.location",
    ]


def test_list_names_every_family(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["list", "--json"]) == 0
    families = json.loads(capsys.readouterr().out)["families"]
    kinds = {"sources", "fusion methods", "compression methods", "engines", "checks", "checkpoints", "presets"}
    assert set(families) == kinds
    assert {"table", "markdown"} <= set(families["sources"])
    assert "tiny" in families["presets"] and "starter" in families["checkpoints"]
    assert all(summary for members in families.values() for summary in members.values())


def test_doctor_is_well_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["doctor", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ready"] is True
    assert told["machine"]["cores"] >= 1


def test_doctor_stops_on_a_blocker(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    missing = checkup.packages("run side", ("no_such_module",), fix="pip install limbeck", level="blocker")
    assert missing == Finding(
        name="run side", level="blocker", what="not installed: no_such_module", fix="pip install limbeck"
    )
    monkeypatch.setattr(checkup, "check", lambda: (missing, checkup.disk(10**6)))
    assert main.run(["doctor"]) == 4
    told = capsys.readouterr().out
    assert "pip install limbeck" in told
    assert "1 MB free" in told


def test_an_extra_that_is_missing_blocks_nothing() -> None:
    assert checkup.packages("x", ("no_such_module",), fix="pip install x", level="optional").level == "optional"
    assert checkup.packages("x", ("json",), fix="pip install x", level="optional").level == "ok"
