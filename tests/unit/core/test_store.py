"""What a store refuses to use, to keep, or to half-write."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from five_stages import stages

from limbeck.core.artifact import Artifact, Damage
from limbeck.core.digest import digest_folder
from limbeck.core.errors import MachineError
from limbeck.core.runner import Runner
from limbeck.core.stage import Stage, StageContext
from limbeck.core.store import Store

HERE = Path(__file__).parent


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.txt"
    path.write_text("capital = Paris\nthe desk opens at nine\n")
    return path


class Problems:
    def __init__(self) -> None:
        self.heard: list[str] = []
        self.ran: list[str] = []

    def stage_started(self, stage: str) -> None:
        self.ran.append(stage)

    def stage_progress(self, stage: str, done: int, total: int, note: str) -> None:
        pass

    def stage_finished(self, stage: str, outcome: str, seconds: float) -> None:
        pass

    def problem(self, text: str) -> None:
        self.heard.append(text)


def flip(path: Path) -> None:
    """Change a byte and leave size and modification time as they were."""
    facts = path.stat()
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


DAMAGES = {
    "flipped byte": lambda folder: flip(folder / "weights.txt"),
    "truncated file": lambda folder: truncate(folder / "weights.txt"),
    "missing file": lambda folder: (folder / "weights.txt").unlink(),
    "folder for a file": lambda folder: ((folder / "weights.txt").unlink(), (folder / "weights.txt").mkdir()),
    "altered manifest": lambda folder: flip(folder / "artifact.json"),
    "forged manifest": lambda folder: (folder / "artifact.json").write_text(
        (folder / "artifact.json").read_text().replace('"seed": 7', '"seed": 8')
    ),
    "list for a manifest": lambda folder: (folder / "artifact.json").write_text("[]"),
    "no manifest": lambda folder: (folder / "artifact.json").unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_artifact_is_set_aside_and_made_again(tmp_path: Path, source: Path, damage: str) -> None:
    root = tmp_path / "store"
    good = Runner(Store(root), stages(source)).run()
    before = digest_folder(root / "artifacts")
    DAMAGES[damage](good["train"].path)
    plan = Runner(Store(root), stages(source)).plan()[2]
    assert plan.status == "run" and plan.reason.startswith("its artifact is damaged: ")
    problems = Problems()
    again = Runner(Store(root), stages(source), problems).run()
    assert problems.ran == ["train"]
    assert len(problems.heard) == 1 and "the artifact of train is damaged" in problems.heard[0]
    assert again["train"].digest == good["train"].digest
    assert digest_folder(root / "artifacts") == before
    assert (root / "quarantine" / f"train-{good['train'].key}").is_dir()


def test_unchanged_files_are_not_read_again(tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Runner(Store(tmp_path / "store"), stages(source)).run()
    read: list[Path] = []
    monkeypatch.setattr("limbeck.core.memo.digest_file", lambda path: read.append(path) or "")
    Runner(Store(tmp_path / "store"), stages(source)).run()
    assert read == []


def test_torn_memo_costs_time_and_nothing_else(tmp_path: Path, source: Path) -> None:
    Runner(Store(tmp_path / "store"), stages(source)).run()
    (tmp_path / "store" / "memo.json").write_text('{"files": {"x"')
    assert [each.status for each in Runner(Store(tmp_path / "store"), stages(source)).plan()] == ["hit"] * 5


def test_store_that_was_moved_still_hits(tmp_path: Path, source: Path) -> None:
    Runner(Store(tmp_path / "store"), stages(source)).run()
    (tmp_path / "store").rename(tmp_path / "moved")
    assert [each.status for each in Runner(Store(tmp_path / "moved"), stages(source)).plan()] == ["hit"] * 5


def test_find_tells_none_artifact_and_damage_apart(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    assert store.find("make", "k") is None
    with store.workplace("make", "k") as folder:
        (folder / "out" / "a.txt").write_text("a")
        made = store.publish(folder / "out", stage="make", key="k", parts={"version": 1})
    assert isinstance(store.find("make", "k"), Artifact)
    made.path.rename(made.path.with_name("other"))
    found = store.find("make", "other")
    assert isinstance(found, Damage) and found.problem == "artifact.json belongs to make k"


def test_sweep_removes_the_leftovers_of_the_dead_and_not_of_the_living(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    for name in ("make-dead", "make-alive"):
        (store.root / "tmp" / name / "out").mkdir(parents=True)
    (store.root / "locks").mkdir()
    (store.root / "locks" / "make-gone.lock").write_text("1")
    (store.root / "running").mkdir()
    for name in ("make-done.json", ".make-done.json.tmp", "make-kept.json"):
        (store.root / "running" / name).write_text("{}")
    (store.root / "partial" / "make" / "kept").mkdir(parents=True)
    (store.root / "partial" / "make" / "done").mkdir(parents=True)
    (store.root / "artifacts" / "make" / "done").mkdir(parents=True)
    with store.locked("make", "alive", waiting=lambda pid: None, should_stop=lambda: False):
        store.sweep()
        assert [path.name for path in (store.root / "tmp").iterdir()] == ["make-alive"]
        assert [path.name for path in (store.root / "locks").iterdir()] == ["make-alive.lock"]
        assert [path.name for path in (store.root / "running").iterdir()] == ["make-kept.json"]
        assert [path.name for path in (store.root / "partial" / "make").iterdir()] == ["kept"]


def test_symlink_is_no_content(tmp_path: Path) -> None:
    def link(context: StageContext) -> None:
        (context.out / "link").symlink_to(tmp_path)

    def link_file(context: StageContext) -> None:
        (tmp_path / "outside").write_text("x")
        (context.out / "link").symlink_to(tmp_path / "outside")

    for run in (link, link_file):
        with pytest.raises(ValueError, match="link is not a plain file"):
            Runner(Store(tmp_path / "store"), [Stage(name="make", version=1, run=run)]).run()
    assert not list((tmp_path / "store").glob("artifacts/*/*"))


@pytest.mark.parametrize("place", ["store", "store/locks", "store/artifacts/read"])
def test_file_where_the_store_needs_a_folder(tmp_path: Path, source: Path, place: str) -> None:
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).write_text("in the way")
    with pytest.raises(MachineError, match="needs a folder where a file is") as caught:
        Runner(Store(tmp_path / "store"), stages(source)).run()
    assert caught.value.exit_code == 4
    assert caught.value.where and caught.value.fix
    assert (tmp_path / place).read_text() == "in the way"


def in_a_mount(script: str, *arguments: Path) -> subprocess.CompletedProcess[str]:
    """Run a shell script in a mount namespace of its own, or skip where that is refused."""
    probe = subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, text=True)
    if probe.returncode:
        pytest.skip(f"mounting is refused here: {probe.stderr.strip()}")
    command = ["unshare", "-rm", "sh", "-ec", script, "sh", sys.executable, str(HERE / "five_stages.py")]
    return subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True, timeout=60)


def test_read_only_store_serves_hits_and_refuses_the_rest(tmp_path: Path, source: Path) -> None:
    root = tmp_path / "store"
    Runner(Store(root), stages(source)).run()
    script = 'mount --bind "$3" "$3"; mount -o remount,bind,ro "$3"; "$1" "$2" "$3" "$4"; "$1" "$2" "$3" "$4" --bits 8'
    done = in_a_mount(script, root, source)
    assert done.returncode == 4
    assert done.stdout.count("finished") == 5 + 3
    assert f"cannot write to the store {root}: Read-only file system" in done.stderr
    assert "fix: make that folder writable" in done.stderr
    assert "Traceback" not in done.stderr


def test_full_disk_publishes_nothing_and_resumes_once_there_is_room(tmp_path: Path) -> None:
    source = tmp_path / "source.txt"
    source.write_text("".join(f"key{number} = {'x' * 100}\n" for number in range(4000)))
    root = tmp_path / "store"
    root.mkdir()
    run = '"$1" "$2" "$3" "$4"'
    script = (
        f'mount -t tmpfs -o size=700k tmpfs "$3"; {run} && exit 99; '
        f'find "$3/artifacts" -mindepth 2 -maxdepth 2 -type d; '
        f'find "$3/tmp" -mindepth 1; mount -o remount,size=9m "$3"; {run}'
    )
    done = in_a_mount(script, root, source)
    assert done.returncode == 0, done.stderr
    assert "the disk is full: " in done.stderr and f"left for the store {root}" in done.stderr
    assert "Traceback" not in done.stderr
    published = [line for line in done.stdout.splitlines() if line.startswith(str(root))]
    assert len(published) == 1 and "/artifacts/read/" in published[0]
    assert "finished read hit\nstarted clean\n" in done.stdout
    assert "finished pack ran" in done.stdout


def test_full_disk_reported_by_a_library_in_its_own_words(tmp_path: Path) -> None:
    def write(context: StageContext) -> None:
        raise RuntimeError("database or disk is full")

    with pytest.raises(MachineError, match="the disk is full"):
        Runner(Store(tmp_path / "store"), [Stage(name="make", version=1, run=write)]).run()
