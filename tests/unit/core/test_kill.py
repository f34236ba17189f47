"""Kill the pipeline wherever it may be, run two at once, press Ctrl-C: the artifacts stay the same."""

import functools
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from five_stages import STEPS, stages

from limbeck.core.digest import digest_files
from limbeck.core.errors import Interrupted
from limbeck.core.lock import is_held
from limbeck.core.runner import Runner
from limbeck.core.stage import Stage, StageContext
from limbeck.core.store import Store

PROGRAM = Path(__file__).parent / "five_stages.py"
STEP_SECONDS = 0.01


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.txt"
    path.write_text("capital = Paris\nthe desk opens at nine\n")
    return path


def start(root: Path, source: Path, step_seconds: float = STEP_SECONDS) -> subprocess.Popen[str]:
    """Start the program and return once it is about to run its stages."""
    command = [sys.executable, str(PROGRAM), str(root), str(source), "--step-seconds", str(step_seconds)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    read_until(child, "ready")
    return child


def read_until(child: subprocess.Popen[str], words: str) -> list[str]:
    assert child.stdout is not None
    lines: list[str] = []
    while not (lines and words in lines[-1]):
        line = child.stdout.readline()
        assert line, (lines, child.stderr.read() if child.stderr else "")
        lines.append(line.strip())
    return lines


def wait(child: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, errors = child.communicate(timeout=30)
    return child.returncode, out, errors


def test_killed_at_random_points_ends_as_if_never_killed(tmp_path: Path, source: Path) -> None:
    Runner(Store(tmp_path / "calm"), stages(source)).run()
    calm = digest_files(tmp_path / "calm" / "artifacts")
    dice = random.Random(2)
    for point in range(12):
        root = tmp_path / f"killed-{point}"
        child = start(root, source)
        time.sleep(dice.uniform(0.0, 0.35))
        os.killpg(child.pid, signal.SIGKILL)
        wait(child)
        for folder in (root / "artifacts").glob("*/*"):
            assert Store(root).find(folder.parent.name, folder.name) is not None
        Runner(Store(root), stages(source)).run()
        assert digest_files(root / "artifacts") == calm, point
        left = [path for name in ("tmp", "partial", "running", "locks") for path in (root / name).glob("*")]
        assert [path for path in left if path.is_file() or any(path.iterdir())] == [], point


def test_killed_run_does_only_what_is_missing_and_goes_on_from_its_checkpoint(tmp_path: Path, source: Path) -> None:
    root = tmp_path / "store"
    child = start(root, source)
    read_until(child, "progress train 5 ")
    os.killpg(child.pid, signal.SIGKILL)
    wait(child)
    (state,) = Runner(Store(root), stages(source)).status()
    assert (state.stage, state.pid, state.alive) == ("train", child.pid, False)
    plan = Runner(Store(root), stages(source)).plan()
    assert [each.status for each in plan[:3]] == ["hit", "hit", "run"] and plan[2].resumes
    log: list[str] = []
    Runner(Store(root), stages(source, log=log)).run()
    assert log[0] == "train" and log[-2:] == ["shrink", "pack"]
    steps = log[1:-2]
    assert 1 <= len(steps) <= STEPS - 5
    assert steps == [f"step {step}" for step in range(STEPS - len(steps), STEPS)]


def test_time_spent_before_a_kill_counts_in_the_forecast(tmp_path: Path) -> None:
    def work(context: StageContext) -> None:
        time.sleep(0.15)
        if not (context.partial / "half").exists():
            (context.partial / "half").write_text("")
            raise Interrupted("half way")

    store = Store(tmp_path)
    runner = Runner(store, [Stage(name="work", version=1, run=work)])
    with pytest.raises(Interrupted, match="stopped in work: half way"):
        runner.run()
    runner.run()
    assert 0.3 <= (store.seconds("work") or 0) < 2


def test_two_runs_at_once_make_each_artifact_once(tmp_path: Path, source: Path) -> None:
    root = tmp_path / "store"
    first = start(root, source)
    read_until(first, "progress train 1 ")
    second = start(root, source)
    told = read_until(second, "problem")[-1]
    assert f"train: waiting for another run (process {first.pid})" in told
    (state,) = Runner(Store(root), stages(source)).status()
    assert (state.stage, state.pid, state.alive) == ("train", first.pid, True)
    outputs = [wait(child) for child in (first, second)]
    assert [code for code, *_ in outputs] == [0, 0], outputs
    assert "finished train ran" in outputs[0][1]
    assert "finished train hit" in outputs[1][1]
    started = [line for _, out, _ in outputs for line in out.splitlines() if line.startswith("started")]
    assert sorted(started) == ["started pack", "started shrink"]


def test_waiting_run_takes_over_when_the_other_is_killed(tmp_path: Path, source: Path) -> None:
    root = tmp_path / "store"
    first = start(root, source)
    read_until(first, "progress train 1 ")
    second = start(root, source)
    read_until(second, "problem")
    os.killpg(first.pid, signal.SIGKILL)
    wait(first)
    code, out, errors = wait(second)
    assert code == 0, errors
    assert "started train\n" in out and "progress train 1 12" not in out


def test_first_ctrl_c_checkpoints_and_exits_130(tmp_path: Path, source: Path) -> None:
    root = tmp_path / "store"
    child = start(root, source)
    read_until(child, "progress train 3 ")
    os.kill(child.pid, signal.SIGINT)
    code, _, errors = wait(child)
    assert code == 130
    assert errors.startswith("stopped in train: checkpoint at step ")
    assert "fix: run the same command again: it goes on from here" in errors
    assert "Traceback" not in errors
    log: list[str] = []
    Runner(Store(root), stages(source, log=log)).run()
    assert "step 0" not in log and log[-1] == "pack"


def alone(test: Callable[[Path], None]) -> Callable[[Path], None]:
    """Run a test that sends signals to its own process in one that has loaded no engine (their handlers crash it)."""

    @functools.wraps(test)
    def run(tmp_path: Path) -> None:
        if os.environ.get("LIMBECK_TEST_ALONE"):
            test(tmp_path)
            return
        command = [sys.executable, "-m", "pytest", "-q", f"{__file__}::{test.__name__}"]
        environment = {**os.environ, "LIMBECK_TEST_ALONE": "1"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    return run


@alone
def test_ctrl_c_in_a_stage_that_does_not_look_stops_before_the_next(tmp_path: Path) -> None:
    def deaf(context: StageContext) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    plan = [Stage(name="deaf", version=1, run=deaf), Stage(name="next", version=1, run=lambda context: None)]
    with pytest.raises(Interrupted, match="stopped before next") as caught:
        Runner(Store(tmp_path), plan).run()
    assert caught.value.exit_code == 130
    assert [each.status for each in Runner(Store(tmp_path), plan).plan()] == ["hit", "run"]


@alone
def test_second_ctrl_c_stops_at_once_and_tidies(tmp_path: Path) -> None:
    def stubborn(context: StageContext) -> None:
        (context.out / "half").write_text("half")
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        Runner(Store(tmp_path), [Stage(name="stubborn", version=1, run=stubborn)]).run()
    assert signal.getsignal(signal.SIGINT) is before
    assert list((tmp_path / "tmp").iterdir()) == []
    assert not list((tmp_path / "locks").iterdir())


def test_runs_outside_the_main_thread(tmp_path: Path, source: Path) -> None:
    thread = threading.Thread(target=lambda: Runner(Store(tmp_path / "store"), stages(source)).run())
    thread.start()
    thread.join()
    assert [each.status for each in Runner(Store(tmp_path / "store"), stages(source)).plan()] == ["hit"] * 5


def test_worker_that_outlives_a_killed_run_does_not_hold_its_lock(tmp_path: Path) -> None:
    lock = tmp_path / "a.lock"
    program = (
        "import os, sys, time; from pathlib import Path; from limbeck.core.lock import locked\n"
        "with locked(Path(sys.argv[1])):\n"
        "    worker = os.fork()\n"
        "    if worker: print(worker, flush=True)\n"
        "    time.sleep(30)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, str(lock)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    try:
        assert is_held(lock)
        parent.kill()
        parent.wait()
        os.kill(worker, 0)  # the worker is still there
        deadline = time.monotonic() + 5  # a worker only just forked may not have run yet
        while is_held(lock) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not is_held(lock)
    finally:
        os.kill(worker, signal.SIGKILL)
        parent.stdout.close()
