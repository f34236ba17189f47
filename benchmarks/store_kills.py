"""SIGKILL a writer of a knowledge base in bursts of edits, and look for what it acknowledged and the base has lost."""

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.build import build
from limbeck.knowledge.history import log_of
from limbeck.knowledge.integrity import check_file
from limbeck.knowledge.source import Source

PAGE = "# Desk\n\n## Hours\n\nThe desk is open from nine to five.\n"
TABLE = "name,capital,currency\nChad,N'Djamena,franc\nKenya,Nairobi,shilling\n"
_LONGEST_S = 0.25


def make_base(folder: Path) -> Path:
    """Build a small base of one table and one page."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "places.csv").write_text(TABLE, encoding="utf-8")
    (folder / "desk.md").write_text(PAGE, encoding="utf-8")
    kinds = {"places.csv": "table", "desk.md": "markdown"}
    build([Source(kind=kind, location=folder / name, root=folder) for name, kind in kinds.items()], folder / "k.sqlite")
    return folder / "k.sqlite"


def write(path: Path, burst: int, count: int) -> None:
    """Edit a base `count` times in four ways, and print the number of each round once it is done."""
    from limbeck.knowledge.stated import Addition, Stated

    rng = random.Random(burst)
    with KnowledgeBase.open(path, writable=True) as base:
        if _ends_in_deletion(path):
            base.undo()
        for number in range(count):
            town = Stated(property="capital", value=f"Town {burst} {number}")
            base.add(Addition(subject=f"Place {burst} {number}", values=(town,), is_new=True))
            base.set("Chad", "capital", f"City {number}")
            base.set("Chad", "currency", f"City {number}")
            if rng.random() < 0.3:
                base.delete_source("desk.md")
                base.undo()
            print(number, flush=True)


def _ends_in_deletion(path: Path) -> bool:
    """Tell whether a kill came between the deletion of the page and its undo."""
    edits = [edit for edit in log_of(path) if not edit.is_undone]
    return bool(edits) and edits[-1].operation.startswith("delete source")


def writer(path: Path, burst: int, count: int) -> subprocess.Popen[str]:
    """Start a process that edits a base; what it prints are the rounds it has acknowledged."""
    command = [sys.executable, __file__, "--write", str(path), str(burst), str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def kill_bursts(path: Path, times: int, *, seed: int = 0) -> dict[int, int]:
    """Kill a writer `times` times at random moments; return how many rounds each had acknowledged."""
    rng = random.Random(seed)
    acknowledged = {}
    for burst in range(times):
        with writer(path, burst, 1_000_000) as child:
            assert child.stdout is not None
            first = child.stdout.readline()
            time.sleep(rng.uniform(0.0, _LONGEST_S))
            child.send_signal(signal.SIGKILL)
            acknowledged[burst] = len([first, *child.stdout.read().splitlines()])
        assert child.returncode == -signal.SIGKILL, f"the writer of burst {burst} had ended by itself"
        faults = check_file(path)
        assert not faults, faults
    return acknowledged


def lost(path: Path, acknowledged: dict[int, int]) -> list[str]:
    """Return the subjects that were acknowledged and are not there, or not as they were stated."""
    gone = []
    with KnowledgeBase.open(path) as base:
        there = {fact.subject.label.en: fact.shown.en for fact in base.facts().facts if fact.property.id == "capital"}
    for burst, rounds in acknowledged.items():
        for number in range(rounds):
            if there.get(f"Place {burst} {number}") != f"Town {burst} {number}":
                gone.append(f"Place {burst} {number}")
    if len(log_of(path)) < 3 * sum(acknowledged.values()):
        gone.append("edits of the log")
    return gone


def main(times: int, work: Path) -> int:
    """Print how many acknowledged rounds of edits survived; return 1 where one did not."""
    shutil.rmtree(work, ignore_errors=True)
    path = make_base(work)
    acknowledged = kill_bursts(path, times)
    gone = lost(path, acknowledged)
    print(f"{times} kills, {sum(acknowledged.values())} acknowledged rounds of edits, {len(gone)} lost, base whole")
    return 1 if gone else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        write(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    else:
        times = int(sys.argv[1]) if len(sys.argv) > 1 else 100
        sys.exit(main(times, Path(sys.argv[2] if len(sys.argv) > 2 else "build/store-kills")))
