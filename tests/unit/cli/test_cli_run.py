"""plan, run, status, why, report and demo over a pipeline of two quick stages."""

import json
import shutil
from pathlib import Path

import pytest

from limbeck.bundle.manifest import read_manifest
from limbeck.cli import main
from limbeck.core.errors import GateError, Interrupted
from limbeck.core.stage import Stage, StageContext
from limbeck.evaluation.measurement import Measurement, share
from limbeck.evaluation.report import BuildFacts, assemble, write_report
from limbeck.recipe.recipe import Recipe

Capture = pytest.CaptureFixture[str]


class QuickPipeline:
    """Two stages in place of seven; `used_bytes` is what the bundle is said to take."""

    def __init__(self, packed: Path) -> None:
        self.packed = packed
        self.used_bytes = 10**6
        self.error: BaseException | None = None

    def stages(self, recipe: Recipe) -> tuple[Stage, ...]:
        def bundle(context: StageContext) -> None:
            context.progress(1, 2)
            shutil.copytree(self.packed, context.out, dirs_exist_ok=True)

        def evaluation(context: StageContext) -> None:
            if self.error:
                raise self.error
            write_report(self.report(), context.out)

        files = (recipe.knowledge[0].location,)
        params = {"used_bytes": self.used_bytes}
        return (
            Stage(name="bundle", version=1, run=bundle, files=files),
            Stage(name="evaluation", version=1, run=evaluation, inputs={"bundle": ()}, params=params),
        )

    def report(self) -> dict[str, object]:
        disk = Measurement(name="disk", value=self.used_bytes, unit="bytes", bar=25 * 10**6, bound="at most", n=1)
        results = {
            "questions": {"rows": [share("accuracy", 95, 100, bar=0.9).to_json()], "answers": []},
            "usage": {"rows": [disk.to_json()], "engines": {}},
        }
        return assemble(self.packed, results, BuildFacts())


@pytest.fixture
def pipeline(bundle: Path, sources: Path, monkeypatch: pytest.MonkeyPatch) -> QuickPipeline:
    quick = QuickPipeline(bundle)
    monkeypatch.setattr("limbeck.pipeline.stages", quick.stages)
    monkeypatch.delenv("LIMBECK_STORE", raising=False)
    (sources / "limbeck.toml").write_text('name = "atlas"\nbase = "tiny"\n[[knowledge]]\nlocation = "countries.csv"\n')
    monkeypatch.chdir(sources)
    return quick


def test_run_leaves_a_bundle_that_answers(pipeline: QuickPipeline, capsys: Capture) -> None:
    assert main.run(["run"]) == 0
    written = capsys.readouterr()
    assert "✓ within budget, every bar met" in written.out
    assert "report  build/atlas/report.html" in written.out
    assert "bundle: done in" in written.err
    assert main.run(["ask", "build/atlas", "capital of Chad", "--json"]) == 0
    capsys.readouterr()
    assert main.run(["run", "--json"]) == 0
    written = capsys.readouterr()
    assert "bundle: unchanged\nevaluation: unchanged\n" == written.err
    told = json.loads(written.out)
    assert (told["bundle"], told["verdict"]["met"]) == ("build/atlas", True)


def test_a_missed_budget_is_exit_3(pipeline: QuickPipeline, capsys: Capture) -> None:
    pipeline.used_bytes = 50 * 10**6
    assert main.run(["run", "-o", "small"]) == 3
    told = capsys.readouterr().out
    assert "✗ missed: disk" in told
    assert "200%" in told
    assert Path("small/manifest.json").is_file()


def test_until_stops_before(pipeline: QuickPipeline, capsys: Capture) -> None:
    assert main.run(["run", "--until", "bundle", "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)["stages"]) == ["bundle"]
    assert not Path("build").exists()
    assert main.run(["run", "--until", "bundel"]) == 2
    assert "did you mean 'bundle'?" in capsys.readouterr().err


def test_plan_status_and_why_tell_what_changed(pipeline: QuickPipeline, capsys: Capture) -> None:
    assert main.run(["plan", "--json"]) == 0
    assert [stage["status"] for stage in json.loads(capsys.readouterr().out)["stages"]] == ["run", "run"]
    assert main.run(["status"]) == 0
    assert "0 of 2 stages up to date" in capsys.readouterr().out
    assert main.run(["run"]) == 0
    capsys.readouterr()
    assert main.run(["plan"]) == 0
    told = capsys.readouterr().out
    assert "Everything is up to date." in told
    assert "no limit" in told
    Path("countries.csv").write_text("name,capital\nChad,Abéché\n", encoding="utf-8")
    assert main.run(["why", "bundle"]) == 0
    assert "countries.csv" in capsys.readouterr().out
    assert main.run(["why", "bundel"]) == 2
    assert "did you mean 'bundle'?" in capsys.readouterr().err
    assert main.run(["why", "bundle", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "run"


def test_an_interrupted_run_says_how_to_go_on(pipeline: QuickPipeline, capsys: Capture) -> None:
    pipeline.error = Interrupted("step 3")
    assert main.run(["run"]) == 130
    told = capsys.readouterr().err
    assert "error: stopped in evaluation: step 3" in told
    assert "`limbeck run`" in told
    assert main.run(["status", "--json"]) == 0
    (unfinished,) = json.loads(capsys.readouterr().out)["unfinished"]
    assert (unfinished["stage"], unfinished["alive"]) == ("evaluation", False)
    assert main.run(["status"]) == 0
    assert "stopped" in capsys.readouterr().out


def test_an_infeasible_budget_is_exit_3(pipeline: QuickPipeline, capsys: Capture) -> None:
    pipeline.error = GateError("nothing fits 1 kB", fix='budget = { disk = "3 MB" }')
    assert main.run(["run"]) == 3
    assert "nothing fits 1 kB" in capsys.readouterr().err


def test_an_edited_bundle_is_kept(pipeline: QuickPipeline, capsys: Capture) -> None:
    for number in (1, 2):
        assert main.run(["run"]) == 0
        assert main.run(["kb", "set", "build/atlas", "Chad", "capital", f"edit {number}"]) == 0
    capsys.readouterr()
    assert main.run(["run"]) == 0
    assert "the edited bundle is now build/atlas.edited-2" in capsys.readouterr().err
    assert not read_manifest(Path("build/atlas")).edited
    assert main.run(["ask", "build/atlas.edited", "capital of Chad"]) == 0
    assert "edit 1" in capsys.readouterr().out


def test_report_prints_what_was_measured(pipeline: QuickPipeline, tmp_path: Path, capsys: Capture) -> None:
    assert main.run(["report"]) == 1
    assert "`limbeck run limbeck.toml` makes it" in capsys.readouterr().err
    assert main.run(["run"]) == 0
    capsys.readouterr()
    for place in ([], ["build/atlas"], ["limbeck.toml"], ["build/atlas/report.json"]):
        assert main.run(["report", *place]) == 0
        assert capsys.readouterr().out.startswith("# atlas\n")
    assert main.run(["report", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "atlas"
    page = tmp_path / "page.html"
    assert main.run(["report", "--html", str(page)]) == 0
    assert page.read_text(encoding="utf-8").lstrip().startswith("<!")


def test_what_is_no_report_is_an_error(pipeline: QuickPipeline, capsys: Capture) -> None:
    Path("report.json").write_text("{}")
    assert main.run(["report"]) == 1
    assert "is not a report" in capsys.readouterr().err
    assert main.run(["report", "handbook"]) == 1
    assert "there is no report in 'handbook'" in capsys.readouterr().err


def test_demo_answers_five_questions(pipeline: QuickPipeline, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    example = Path("clone/examples/atlas")
    example.mkdir(parents=True)
    for name in ("limbeck.toml", "countries.csv"):
        shutil.copy(name, example / name)
    (Path("clone") / "deeper").mkdir()
    monkeypatch.chdir("clone/deeper")
    assert main.run(["demo", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["questions"]) == 5
    assert told["questions"][-1]["refused"] is True
    assert main.run(["demo"]) == 0
    told_text = capsys.readouterr().out
    assert "? 秘鲁的首都是哪里？\n  秘鲁的首都是利马。\n  [1] countries.csv row 2\n" in told_text
    assert "report  build/atlas/report.html" in told_text
