"""A whole run of a small recipe, in processes of its own: made, reused, edited, stopped, killed."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FAST = ROOT / "benchmarks" / "fast"
LIMBECK = [sys.executable, "-m", "limbeck.cli.main"]
ALL = ["knowledge", "corpus", "model", "fusion", "compression", "bundle", "evaluation"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the fast recipe that was run once."""
    here = tmp_path_factory.mktemp("fast")
    shutil.copytree(FAST, here / "recipe", ignore=shutil.ignore_patterns(".limbeck"))
    done = run(here)
    assert done.returncode == 0, done.stderr
    return here


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [*LIMBECK, "run", str(folder / "recipe"), "-o", str(folder / "bundle"), *options]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder)


def ran(done: subprocess.CompletedProcess[str]) -> list[str]:
    return re.findall(r"^(\w+): started", done.stderr, re.MULTILINE)


def say(folder: Path, *arguments: str) -> dict:
    done = subprocess.run([*LIMBECK, *arguments, "--json"], capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_an_unchanged_run_does_nothing(folder: Path) -> None:
    done = run(folder)
    assert done.returncode == 0 and ran(done) == []


def test_the_bundle_answers_in_the_stated_shape(folder: Path) -> None:
    said = say(folder, "ask", str(folder / "bundle"), "What is the capital of Chad?")
    assert set(said) == {"schema", "answer", "citations", "refused", "timings_ms"}
    assert said["schema"] == 1 and isinstance(said["refused"], bool)


def test_the_bundle_holds_its_claims_here(folder: Path) -> None:
    assert say(folder, "verify", str(folder / "bundle"))["schema"] == 1


def test_an_edited_page_trains_nothing(folder: Path) -> None:
    page = folder / "recipe" / "notes" / "desk.md"
    page.write_text(page.read_text(encoding="utf-8").replace("9:00", "9:30"), encoding="utf-8")
    done = run(folder)
    assert done.returncode == 0 and ran(done) == ["knowledge", "bundle", "evaluation"]


def test_ctrl_c_says_how_to_go_on_and_the_run_goes_on(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(FAST, tmp_path / "recipe", ignore=shutil.ignore_patterns(".limbeck"))
    command = [*LIMBECK, "run", str(tmp_path / "recipe"), "--until", "fusion"]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    assert child.stderr is not None
    for line in child.stderr:
        if re.match(r"fusion: \d+ of", line):
            break
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 130 and "limbeck run" in said, said
    done = run(tmp_path, "--until", "fusion")
    assert done.returncode == 0 and ran(done) == ["fusion"]
    assert files(tmp_path, "fusion") == files(folder, "fusion")


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_killed_run_ends_in_the_same_files(folder: Path, tmp_path: Path, share: float) -> None:
    shutil.copytree(FAST, tmp_path / "recipe", ignore=shutil.ignore_patterns(".limbeck"))
    command = [*LIMBECK, "run", str(tmp_path / "recipe"), "--until", "fusion"]
    child = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
    time.sleep(share * 12)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    assert run(tmp_path, "--until", "fusion").returncode == 0
    for stage in ("knowledge", "corpus", "model", "fusion"):
        expected = files(folder, stage)
        assert files(tmp_path, stage).items() <= expected.items()


def files(folder: Path, stage: str) -> dict[str, bytes]:
    """Return every file of a stage's artifacts by key and name."""
    root = folder / "recipe" / ".limbeck" / "artifacts" / stage
    found = {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert found
    return found
