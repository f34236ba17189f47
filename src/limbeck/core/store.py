"""The content-addressed store: finished artifacts only, published in one step, verified when read.

artifacts/<stage>/<key>/   finished folders, each with artifact.json
partial/<stage>/<key>/     checkpoints of an unfinished stage, kept over kills
tmp/<stage>-<key>/         a stage at work; swept once its process is gone
running/<stage>-<key>.json how far a stage is; left behind by a kill
locks/<stage>-<key>.lock   held by the process at work
quarantine/<stage>-<key>/  an artifact found damaged, set aside for a look
times/<stage>.json         what the last run of a stage took
memo.json                  digests of unchanged files
"""

import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import final

from limbeck.core.artifact import MANIFEST, Artifact, Damage, FileRecord, read_artifact
from limbeck.core.digest import list_files
from limbeck.core.disk import JSON, disk_errors, read_json, sync_folder, sync_tree, write_json
from limbeck.core.lock import is_held, locked, locked_if_free
from limbeck.core.memo import Memo


@final
class Store:
    """A store in a folder, which need not exist yet; nothing is written before a stage has to run."""

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.abspath(root))
        self.memo = Memo(self.root / "memo.json")

    def find(self, stage: str, key: str) -> Artifact | Damage | None:
        """Return a verified artifact, what is wrong with it, or None where there is none."""
        folder = self.root / "artifacts" / stage / key
        with disk_errors(self.root):
            if not folder.is_dir():
                return None
            try:
                artifact = read_artifact(folder)
                problem = self._problem(artifact, stage, key)
            except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError) as error:
                problem = f"{MANIFEST} cannot be read: {error}"
        return Damage(stage=stage, key=key, path=folder, problem=problem) if problem else artifact

    def has(self, stage: str, key: str) -> bool:
        """Tell whether an artifact was published, without verifying it."""
        return (self.root / "artifacts" / stage / key).is_dir()

    def previous(self, stage: str) -> tuple[Artifact, ...]:
        """Return the readable artifacts of a stage, newest first, without verifying their files."""
        found = []
        for path in (self.root / "artifacts" / stage).glob(f"*/{MANIFEST}"):
            with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
                found.append((path.stat().st_mtime_ns, path.parent.name, read_artifact(path.parent)))
        return tuple(artifact for *_age, artifact in sorted(found, key=lambda item: item[:2], reverse=True))

    @contextmanager
    def locked(
        self, stage: str, key: str, *, waiting: Callable[[int | None], None], should_stop: Callable[[], bool]
    ) -> Iterator[None]:
        """Hold the right to make one artifact; see `limbeck.core.lock.locked`.

        Raises: MachineError: the store cannot be written to.
        """
        with ExitStack() as stack:
            with disk_errors(self.root):
                lock = locked(self._lock(f"{stage}-{key}"), waiting=waiting, should_stop=should_stop)
                stack.enter_context(lock)
            yield

    def is_running(self, stage: str, key: str) -> bool:
        """Tell whether a living process is making this artifact."""
        return is_held(self._lock(f"{stage}-{key}"))

    def partial(self, stage: str, key: str) -> Path:
        """Return where the checkpoints of an unfinished artifact are, if there are any."""
        return self.root / "partial" / stage / key

    @contextmanager
    def workplace(self, stage: str, key: str) -> Iterator[Path]:
        """Give an empty folder to work in, removed at the end; the lock must be held."""
        folder = self.root / "tmp" / f"{stage}-{key}"
        with disk_errors(self.root):
            _remove(folder)
            (folder / "out").mkdir(parents=True)
            self.partial(stage, key).mkdir(parents=True, exist_ok=True)
        try:
            yield folder
        finally:
            with suppress(OSError):  # a worker may still write into it: then the next sweep has it
                _remove(folder)

    def publish(self, out: Path, *, stage: str, key: str, parts: Mapping[str, JSON]) -> Artifact:
        """Make a finished folder an artifact in one step; the lock must be held.

        Raises: MachineError: the disk refused. ValueError: the folder holds something that is no file.
        """
        target = self.root / "artifacts" / stage / key
        with disk_errors(self.root):
            _check_plain(out)
            files = {name: self._record(out / name) for name in list_files(out) if name != MANIFEST}
            artifact = Artifact(stage=stage, key=key, path=target, files=files, parts=parts)
            write_json(out / MANIFEST, artifact.manifest(), durable=False)
            sync_tree(out)
            target.parent.mkdir(parents=True, exist_ok=True)
            out.rename(target)
            sync_folder(target.parent)
            _remove(self.partial(stage, key))
        for name in files:
            self.memo.carry(out / name, target / name)
        return artifact

    def quarantine(self, damage: Damage) -> Path:
        """Set a damaged artifact aside and return where it is now; the lock must be held."""
        aside = self.root / "quarantine" / f"{damage.stage}-{damage.key}"
        with disk_errors(self.root):
            _remove(aside)
            aside.parent.mkdir(parents=True, exist_ok=True)
            damage.path.rename(aside)
            sync_folder(damage.path.parent)
        return aside

    def sweep(self) -> None:
        """Remove what killed runs left behind, and nothing of living ones; a store that cannot be written stays."""
        with suppress(OSError):
            for name, path in self._leftovers():
                with locked_if_free(self._lock(name)) as free:
                    if free and path.suffix != ".lock":  # a lock goes when it is given back, not before
                        _remove(path)

    def seconds(self, stage: str) -> float | None:
        """Return what the last run of a stage took, or None if it never ran."""
        value = (read_json(self.root / "times" / f"{stage}.json") or {}).get("seconds")
        return float(value) if isinstance(value, int | float) else None

    def remember_seconds(self, stage: str, seconds: float) -> None:
        """Keep what a run took, for forecasts; not in the artifact, which must be equal every time."""
        with suppress(OSError):
            write_json(self.root / "times" / f"{stage}.json", {"seconds": round(seconds, 3)}, durable=False)

    def _leftovers(self) -> Iterator[tuple[str, Path]]:
        """Yield what a run at work or a killed one has, each with the name of the lock it is under."""
        yield from ((path.name, path) for path in (self.root / "tmp").glob("*"))
        # A run killed right after it published had no time to remove these.
        for path in (self.root / "partial").glob("*/*"):
            if self.has(path.parent.name, path.name):
                yield f"{path.parent.name}-{path.name}", path
        for path in (self.root / "running").glob("*"):
            name = path.name.removeprefix(".").partition(".json")[0]
            stage, _, key = name.rpartition("-")
            if self.has(stage, key):
                yield name, path
        yield from ((path.stem, path) for path in (self.root / "locks").glob("*.lock"))

    def _problem(self, artifact: Artifact, stage: str, key: str) -> str | None:
        if (artifact.stage, artifact.key) != (stage, key):
            return f"{MANIFEST} belongs to {artifact.stage} {artifact.key}"
        for name, record in artifact.files.items():
            path = artifact.path / name
            if not path.is_file():
                return f"{name} is missing"
            if path.stat().st_size != record.size_bytes:
                return f"{name} has {path.stat().st_size} bytes, {record.size_bytes} were written"
            if self.memo.digest(path) != record.sha256:
                return f"{name} is not what was written"
        return None

    def _record(self, path: Path) -> FileRecord:
        return FileRecord(sha256=self.memo.refresh(path), size_bytes=path.stat().st_size)

    def _lock(self, name: str) -> Path:
        return self.root / "locks" / f"{name}.lock"


def _check_plain(folder: Path) -> None:
    for path in folder.rglob("*"):
        mode = path.lstat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise ValueError(f"{path.name} is not a plain file; an artifact must hold its content itself")


def _remove(path: Path) -> None:
    with suppress(FileNotFoundError):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
