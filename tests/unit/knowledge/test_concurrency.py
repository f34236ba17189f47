"""One writer and many readers at once, and a writer that is killed in the midst of its work."""

import importlib.util
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType

import pytest

from limbeck.knowledge.integrity import check_file

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "store_kills.py"
ROUNDS = 12
READER = """
import sys
from pathlib import Path
from limbeck.core.errors import KnowledgeError
from limbeck.knowledge.base import KnowledgeBase

def round_of(row):
    return int(row.value.en.split()[-1]) if row.value.en.startswith("City") else -1

last = int(sys.argv[2])
with KnowledgeBase.open(Path(sys.argv[1])) as base:
    seen = []
    while not seen or seen[-1] < last:
        try:
            found = {row.property_id: row for row in base.search("What is the capital of Chad, and its currency?")}
            for row in base.search("When is the desk open?"):
                base.names_for(row.value.en)
            assert base.query("Chad -> capital").values[0].hops[0].citations
        except KnowledgeError as error:
            # on a machine with no time to spare a reader may be told to wait; any other error is one
            if error.fix != "try again in a moment":
                raise
            continue
        capital, currency = round_of(found["capital"]), round_of(found["currency"])
        assert capital - currency in (0, 1), (capital, currency)
        assert not seen or currency >= seen[-1]
        if not seen:
            print("ready", flush=True)
        seen.append(currency)
print(len(set(seen)))
"""


@pytest.fixture(scope="module")
def kills() -> ModuleType:
    spec = importlib.util.spec_from_file_location("store_kills", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_readers_see_whole_edits_while_one_writes(kills: ModuleType, tmp_path: Path) -> None:
    path = kills.make_base(tmp_path)
    command = [sys.executable, "-c", READER, str(path), str(ROUNDS - 1)]
    with ExitStack() as started:
        readers = [started.enter_context(_running(command)) for _ in range(3)]
        for reader in readers:
            assert reader.stdout is not None and reader.stdout.readline() == "ready\n"
        with kills.writer(path, 0, ROUNDS) as writer:
            assert len(writer.stdout.read().splitlines()) == ROUNDS
        assert writer.returncode == 0
        assert check_file(path) == ()
        for reader in readers:
            out, _ = reader.communicate(timeout=60)
            assert reader.returncode == 0
            assert int(out) >= 2


@contextmanager
def _running(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """Start a process, and end it whatever becomes of the test."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_killed_writer_loses_nothing_it_acknowledged(kills: ModuleType, tmp_path: Path) -> None:
    path = kills.make_base(tmp_path)
    acknowledged = kills.kill_bursts(path, 5)
    assert len(acknowledged) == 5 and min(acknowledged.values()) > 0
    assert kills.lost(path, acknowledged) == []
    assert kills.lost(path, {**acknowledged, 5: 1})[0] == "Place 5 0"
