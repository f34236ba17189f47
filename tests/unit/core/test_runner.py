"""The edit matrix: what must run again after an edit, and what must not."""

import json
import os
import time
from pathlib import Path

import pytest
from five_stages import STEPS, stages

from limbeck.core.artifact import Artifact
from limbeck.core.digest import digest_folder
from limbeck.core.errors import SourceError, UsageError
from limbeck.core.runner import Runner
from limbeck.core.source_digest import SourceTree
from limbeck.core.stage import Stage, StageContext
from limbeck.core.store import Store

NAMES = ["read", "clean", "train", "shrink", "pack"]


class Ears:
    """A listener that remembers what it heard."""

    def __init__(self) -> None:
        self.finished: list[tuple[str, str]] = []
        self.problems: list[str] = []
        self.progress: list[tuple[int, int]] = []

    def stage_started(self, stage: str) -> None:
        pass

    def stage_progress(self, stage: str, done: int, total: int, note: str) -> None:
        self.progress.append((done, total))

    def stage_finished(self, stage: str, outcome: str, seconds: float) -> None:
        self.finished.append((stage, outcome))

    def problem(self, text: str) -> None:
        self.problems.append(text)

    def ran(self) -> list[str]:
        return [stage for stage, outcome in self.finished if outcome == "ran"]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.txt"
    path.write_text("capital = Paris\nthe desk opens at nine\n")
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


def run(
    root: Path, source: Path, bits: int = 4, tree: SourceTree | None = None, modules: tuple[str, ...] = ()
) -> list[str]:
    ears = Ears()
    Runner(Store(root), stages(source, bits=bits, modules=modules), ears, tree=tree).run()
    assert [stage for stage, _ in ears.finished] == NAMES
    assert ears.problems == []
    return ears.ran()


def reasons(root: Path, source: Path, bits: int = 4) -> dict[str, tuple[str, str]]:
    return {each.stage: (each.status, each.reason) for each in Runner(Store(root), stages(source, bits=bits)).plan()}


def test_first_run_runs_all_and_the_second_nothing(root: Path, source: Path) -> None:
    assert run(root, source) == NAMES
    taken = []
    for _ in range(3):
        before = time.perf_counter()
        assert run(root, source) == []
        taken.append(time.perf_counter() - before)
    assert min(taken) < 0.3


def test_changed_parameter_reruns_only_what_reads_it_and_back_is_free(root: Path, source: Path) -> None:
    run(root, source, bits=4)
    assert reasons(root, source, bits=8)["shrink"] == ("run", "params.bits 4 -> 8")
    assert run(root, source, bits=8) == ["shrink", "pack"]
    assert run(root, source, bits=4) == []


def test_same_size_same_time_edit_is_noticed(root: Path, source: Path) -> None:
    run(root, source)
    facts = source.stat()
    source.write_text(source.read_text().replace("Paris", "Milan"))
    os.utime(source, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert source.stat().st_size == facts.st_size
    assert source.stat().st_mtime_ns == facts.st_mtime_ns
    assert reasons(root, source)["read"] == ("run", "file source.txt changed")
    assert run(root, source) == NAMES


def test_touch_changes_nothing(root: Path, source: Path) -> None:
    run(root, source)
    os.utime(source, ns=(1, 1))
    assert run(root, source) == []


def test_edit_of_a_page_does_not_reach_the_training(root: Path, source: Path) -> None:
    run(root, source)
    source.write_text(source.read_text().replace("nine", "ten"))
    plan = reasons(root, source)
    assert plan["clean"] == ("after", "waits for read")
    assert plan["train"] == ("after", "waits for clean")
    assert run(root, source) == ["read", "pack"]


def test_edit_that_changes_no_output_stops_early(root: Path, source: Path) -> None:
    run(root, source)
    source.write_text(source.read_text().replace("capital = Paris", "capital  =  Paris"))
    assert run(root, source) == ["read", "clean"]


def test_edit_in_the_body_of_a_far_helper_is_noticed(root: Path, source: Path, tmp_path: Path) -> None:
    package = tmp_path / "fake"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "stage.py").write_text("def go():\n    from fake.helper import add\n    return add(1)\n")
    (package / "helper.py").write_text("def add(x):\n    return x + 1\n")
    modules = ("fake.stage",)
    run(root, source, tree=SourceTree("fake", package), modules=modules)
    (package / "helper.py").write_text('def add(x):\n    """Add one."""\n    return x + 1  # one\n')
    assert run(root, source, tree=SourceTree("fake", package), modules=modules) == []
    (package / "helper.py").write_text("def add(x):\n    return x + 2\n")
    runner = Runner(Store(root), stages(source, modules=modules), tree=SourceTree("fake", package))
    assert runner.plan()[2].reason == "module fake.helper changed"
    assert run(root, source, tree=SourceTree("fake", package), modules=modules) == ["train"]


def test_artifacts_are_equal_byte_for_byte_wherever_they_are_made(tmp_path: Path, source: Path) -> None:
    for name in ("one", "two"):
        run(tmp_path / name, source)
    one, two = (digest_folder(tmp_path / name / "artifacts") for name in ("one", "two"))
    assert one == two


def test_nothing_is_left_but_artifacts(root: Path, source: Path) -> None:
    run(root, source)
    for folder in ("tmp", "partial/train", "running", "locks"):
        assert list((root / folder).iterdir()) == [], folder
    assert Runner(Store(root), stages(source)).status() == ()


def test_state_left_by_a_kill_right_after_publishing_is_not_shown(root: Path, source: Path) -> None:
    runner = Runner(Store(root), stages(source))
    key = runner.run()["pack"].key
    state = root / "running" / f"pack-{key}.json"
    state.write_text(json.dumps({"stage": "pack", "key": key, "pid": 1}))
    assert runner.status() == ()
    runner.run()
    assert not state.exists()


def test_plan_writes_no_artifact_and_says_what_never_ran(root: Path, source: Path) -> None:
    assert set(reasons(root, source).values()) == {("run", "never run")}
    assert not (root / "artifacts").exists()
    run(root, source)
    plans = Runner(Store(root), stages(source)).plan()
    assert [each.status for each in plans] == ["hit"] * 5
    assert all(each.forecast_seconds == 0.0 for each in plans)


def test_forecast_comes_from_the_last_run(root: Path, source: Path) -> None:
    run(root, source)
    shrink = Runner(Store(root), stages(source, bits=8)).plan()[3]
    assert shrink.forecast_seconds is not None and shrink.forecast_seconds < 5


def test_nearest_earlier_artifact_is_compared(root: Path, source: Path) -> None:
    run(root, source, bits=4)
    run(root, source, bits=8)
    source.write_text("capital = Rome\n")
    run(root, source, bits=16)
    source.write_text("capital = Paris\nthe desk opens at nine\n")
    assert reasons(root, source, bits=2)["shrink"][1] == "params.bits 8 -> 2"


def test_why_names_every_change(root: Path, source: Path) -> None:
    run(root, source)
    assert Runner(Store(root), stages(source)).why("train") == "train is up to date: nothing it reads has changed"
    plan = stages(source, bits=8)
    changed = Stage(
        name="shrink", version=2, run=plan[3].run, params={"bits": 8, "kind": {"a": "b"}}, inputs=plan[3].inputs
    )
    text = Runner(Store(root), [*plan[:3], changed]).why("shrink")
    assert text.startswith("shrink runs: version 1 -> 2 (and 2 more)\n")
    assert "  params.bits 4 -> 8\n" in text
    assert '  params.kind.a added: "b"\n' in text
    assert "it took " in text and text.endswith(" s the last time")


def test_why_of_an_unknown_stage_names_the_nearest(root: Path, source: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'train'"):
        Runner(Store(root), stages(source)).why("trian")


def test_missing_source_is_a_source_error(root: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"read reads .*nowhere.txt, which does not exist"):
        Runner(Store(root), stages(tmp_path / "nowhere.txt")).run()


def test_file_changed_while_it_was_read_is_not_published(root: Path, source: Path) -> None:
    def read(context: StageContext) -> None:
        source.write_text("other")

    with pytest.raises(SourceError, match=r"source.txt changed while read was reading it"):
        Runner(Store(root), [Stage(name="read", version=1, run=read, files=(source,))]).run()
    assert Store(root).previous("read") == ()


def test_folder_source_counts_names_and_added_files(root: Path, tmp_path: Path) -> None:
    pages = tmp_path / "handbook"
    pages.mkdir()
    (pages / "visa.md").write_text("visa")

    def reason() -> str:
        stage = Stage(name="read", version=1, run=lambda context: None, files=(pages,))
        runner = Runner(Store(root), [stage])
        text = runner.plan()[0].reason
        runner.run()
        return text

    assert [reason(), reason()] == ["never run", "unchanged"]
    (pages / "visa.md").write_text("Visa")
    assert reason() == "file handbook/visa.md changed"
    (pages / "refund.md").write_text("refund")
    assert reason() == "file handbook/refund.md added"
    (pages / "visa.md").rename(pages / "visas.md")
    assert reason() == "file handbook/visa.md removed (and 1 more)"


def test_stage_sees_only_the_files_it_declared(root: Path, source: Path) -> None:
    seen: list[str] = []

    def look(context: StageContext) -> None:
        folder = context.inputs["read"]
        seen.extend(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()))

    Runner(Store(root), [stages(source)[0], Stage(name="look", version=1, run=look, inputs={"read": ("pages",)})]).run()
    assert seen == ["pages/all.txt"]


def test_declared_file_that_was_not_written_is_our_bug(root: Path, source: Path) -> None:
    stage = Stage(name="look", version=1, run=lambda context: None, inputs={"read": ("nothing.txt",)})
    with pytest.raises(LookupError, match=r"stage 'read' wrote no 'nothing.txt'; it wrote facts.txt, pages/all.txt"):
        Runner(Store(root), [stages(source)[0], stage]).run()


@pytest.mark.parametrize("names", [("pack", "read"), ("read", "read")])
def test_stages_out_of_order_or_twice_are_refused(source: Path, root: Path, names: tuple[str, ...]) -> None:
    by_name = {stage.name: stage for stage in stages(source)}
    with pytest.raises(ValueError, match="comes twice or reads"):
        Runner(Store(root), [by_name[name] for name in names])


def test_failed_stage_publishes_nothing_and_keeps_its_checkpoint(root: Path, source: Path) -> None:
    def fail(context: StageContext) -> None:
        (context.partial / "checkpoint").write_text("far")
        (context.out / "half").write_text("half")
        raise ZeroDivisionError

    runner = Runner(Store(root), [Stage(name="fail", version=1, run=fail)])
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            runner.run()
    assert not (root / "artifacts").exists()
    assert list((root / "tmp").iterdir()) == []
    plan = runner.plan()[0]
    assert plan.resumes and plan.key
    assert "goes on from the checkpoint" in runner.why("fail")
    (state,) = runner.status()
    assert (state.stage, state.key, state.alive, state.pid) == ("fail", plan.key, False, os.getpid())


def test_progress_reaches_the_listener(root: Path, source: Path) -> None:
    ears = Ears()
    made = Runner(Store(root), stages(source), ears).run()
    assert ears.progress == [(step + 1, STEPS) for step in range(STEPS)]
    assert isinstance(made["pack"], Artifact)
    assert (made["pack"].path / "bundle" / "all.txt").read_text().endswith("the desk opens at nine")
