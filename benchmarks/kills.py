"""SIGKILL a run at random moments, resume it, and compare what it leaves with an uninterrupted run."""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

FAST = Path(__file__).parent / "fast"
_MEASURED = {"measured.json", "artifact.json"}
_STAGES = ("knowledge", "corpus", "model", "fusion", "compression", "bundle")


def run(store: Path, *, kill_after: float | None = None) -> float:
    """Run the fast recipe on a store; return the seconds it took. The evaluation only measures, so it is left out."""
    command = [sys.executable, "-m", "limbeck.cli.main", "run", str(FAST), "--until", "bundle"]
    environment = {**os.environ, "LIMBECK_STORE": str(store)}
    started = time.monotonic()
    child = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        child.wait(timeout=kill_after)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        return time.monotonic() - started
    if child.returncode != 0:
        raise SystemExit(f"the fast recipe failed with exit code {child.returncode}: {' '.join(command)}")
    return time.monotonic() - started


def digests(store: Path) -> dict[str, str]:
    """Digest every artifact file but those that hold measured times."""
    found = {}
    for path in sorted((store / "artifacts").rglob("*")):
        if path.is_file() and path.name not in _MEASURED:
            found[str(path.relative_to(store))] = hashlib.sha256(path.read_bytes()).hexdigest()
    assert {name.split("/")[1] for name in found} == set(_STAGES), sorted({name.split("/")[1] for name in found})
    return found


def count_identical(times: int, work: Path, *, seed: int = 0) -> int:
    """Return how many of `times` killed and resumed runs end in the same files as an uninterrupted one."""
    whole = work / "whole"
    seconds = run(whole)
    expected = digests(whole)
    rng = random.Random(seed)
    identical = 0
    for number in range(times):
        store = work / f"cut-{number}"
        moment = rng.uniform(0.02, 0.98) * seconds
        run(store, kill_after=moment)
        run(store)
        same = digests(store) == expected
        identical += same
        print(f"  kill {number + 1} of {times} at {moment:.1f} s: {'identical' if same else 'DIFFERENT'}", flush=True)
        shutil.rmtree(store)
    return identical


if __name__ == "__main__":
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    work = Path(sys.argv[2] if len(sys.argv) > 2 else "build/kills")
    shutil.rmtree(work, ignore_errors=True)
    print(f"{count_identical(times, work)} of {times} identical")
