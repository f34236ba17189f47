"""How far a running stage is, kept in a small file that another process can read."""

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import final

from limbeck.core.disk import JSON, read_json, write_json
from limbeck.core.store import Store

_EVERY_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A stage at work, or one that was stopped before its end (`alive` false).

    started_unix: seconds since 1970. seconds: time spent so far, earlier attempts included.
    """

    stage: str
    key: str
    done: int
    total: int
    note: str
    started_unix: float
    seconds: float
    pid: int
    alive: bool


@final
class Heartbeat:
    """Writes how far one stage is, at most once a second; a disk that refuses is no reason to stop."""

    def __init__(self, store: Store, stage: str, key: str) -> None:
        self._path = _path(store, stage, key)
        before = read_json(self._path) or {}
        self._state: dict[str, JSON] = {"stage": stage, "key": key, "pid": os.getpid(), "started_unix": time.time()}
        self._state |= {name: before.get(name, value) for name, value in (("done", 0), ("total", 0), ("note", ""))}
        self._earlier_seconds = _number(before.get("seconds"))
        self._began = time.monotonic()
        self._beaten = self._began - _EVERY_SECONDS  # the first progress is told at once
        self._write()

    @property
    def seconds(self) -> float:
        """Return the time spent on this artifact, attempts that were killed included."""
        return self._earlier_seconds + time.monotonic() - self._began

    def beat(self, done: int, total: int, note: str) -> None:
        """Take note of progress."""
        self._state |= {"done": done, "total": total, "note": note}
        if time.monotonic() - self._beaten >= _EVERY_SECONDS:
            self._beaten = time.monotonic()
            self._write()

    def pause(self) -> None:
        """Leave the last state for the run that resumes."""
        self._write()

    def end(self) -> None:
        """Remove the file: the artifact is there."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _write(self) -> None:
        with suppress(OSError):
            write_json(self._path, {**self._state, "seconds": round(self.seconds, 3)}, durable=False)


def running(store: Store) -> tuple[Running, ...]:
    """Read how far every unfinished stage is, those at work first, then the latest."""
    found = []
    for path in (store.root / "running").glob("[!.]*.json"):
        state = read_json(path) or {}
        stage, key = str(state.get("stage")), str(state.get("key"))
        alive = store.is_running(stage, key)
        if _path(store, stage, key) != path or (store.has(stage, key) and not alive):
            continue  # torn, or killed right after it was published
        found.append(
            Running(
                stage=stage,
                key=key,
                done=int(_number(state.get("done"))),
                total=int(_number(state.get("total"))),
                note=str(state.get("note", "")),
                started_unix=_number(state.get("started_unix")),
                seconds=_number(state.get("seconds")),
                pid=int(_number(state.get("pid"))),
                alive=alive,
            )
        )
    return tuple(sorted(found, key=lambda each: (not each.alive, -each.started_unix)))


def forget_abandoned(store: Store, stage: str, key: str) -> None:
    """Remove the states of attempts at other artifacts of this stage that nobody works on."""
    for each in running(store):
        if each.stage == stage and each.key != key and not each.alive:
            with suppress(OSError):
                _path(store, stage, each.key).unlink(missing_ok=True)


def _path(store: Store, stage: str, key: str) -> Path:
    return store.root / "running" / f"{stage}-{key}.json"


def _number(value: JSON) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
