"""SIGKILL a training at random steps, resume it, and compare weights and loss curve with an uninterrupted run.

python benchmarks/training_kills.py 20
"""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

_ENGLISH = "river stone market winter letter north small bright walks sells finds"
_CHINESE = "河流 石头 集市 冬天 信件 走 卖 找到"
_WORDS = f"{_ENGLISH} {_CHINESE}".split()
_CHILD = "--child"
STEPS = 60


def write_data(path: Path, *, seed: int = 0) -> Path:
    """Write invented text in two languages."""
    rng = random.Random(seed)
    lines = (" ".join(rng.choices(_WORDS, k=40)) + f" {number}" for number in range(400))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def options(data: Path, steps: int) -> list[str]:
    """Return the options of the training that is killed: dropout-free and tiny, every default chosen by rule."""
    return ["train", "tiny", str(data), "--steps", str(steps), "--length", "64", "--seed", "3"]


def run(data: Path, work: Path, steps: int, *, kill_at: int | None = None) -> None:
    """Train into `work/out`; with `kill_at` the process ends itself by SIGKILL after that many steps."""
    environment = {**os.environ, "LIMBECK_STORE": str(work / "store")}
    arguments = [*options(data, steps), "-o", str(work / "out")]
    command = [sys.executable, "-m", "limbeck.cli.main", *arguments]
    if kill_at is not None:
        command = [sys.executable, __file__, _CHILD, str(kill_at), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    wanted = 0 if kill_at is None else -signal.SIGKILL
    if done.returncode != wanted:
        raise SystemExit(f"the training ended with {done.returncode} and not {wanted}:\n{done.stdout}\n{done.stderr}")


def result(work: Path) -> tuple[str, list[dict[str, float]]]:
    """Return the digest of the weights, and the loss curve."""
    weights = hashlib.sha256((work / "out" / "model.safetensors").read_bytes()).hexdigest()
    return weights, json.loads((work / "out" / "training.json").read_text(encoding="utf-8"))["loss_curve"]


def count_identical(times: int, work: Path, *, steps: int = STEPS, seed: int = 0) -> int:
    """Return how many of `times` trainings, each killed once and resumed, end in the same bits as a whole one."""
    data = write_data(work / "words.txt")
    whole = work / "whole"
    run(data, whole, steps)
    expected = result(whole)
    rng = random.Random(seed)
    identical = 0
    for number in range(times):
        cut = work / f"cut-{number}"
        # all but the training itself is taken over: the plan asks the machine, and must be the same
        shutil.copytree(whole / "store", cut / "store", ignore=shutil.ignore_patterns("train-*", "locks"))
        shutil.rmtree(cut / "store" / "train" / "out" / "artifacts" / "train")
        step = rng.randrange(1, steps)
        run(data, cut, steps, kill_at=step)
        run(data, cut, steps)
        same = result(cut) == expected
        identical += same
        print(f"  kill {number + 1} of {times} after step {step}: {'identical' if same else 'DIFFERENT'}", flush=True)
        shutil.rmtree(cut)
    return identical


def _child(kill_at: int, arguments: list[str]) -> None:
    """Run the command, and die as soon as the training tells of that step."""
    from limbeck.cli import progress
    from limbeck.cli.main import run as command

    def hear(self: object, stage: str, done: int, total: int, note_text: str) -> None:
        if stage == "train" and done == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    progress.Lines.stage_progress = hear  # type: ignore[method-assign]
    command(arguments)


if __name__ == "__main__":
    if sys.argv[1:2] == [_CHILD]:
        _child(int(sys.argv[2]), sys.argv[3:])
    else:
        times = int(sys.argv[1]) if len(sys.argv) > 1 else 20
        folder = Path(sys.argv[2] if len(sys.argv) > 2 else "build/training-kills")
        shutil.rmtree(folder, ignore_errors=True)
        print(f"{count_identical(times, folder)} of {times} identical")
