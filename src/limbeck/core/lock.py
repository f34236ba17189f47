"""One holder at a time, by a lock of the kernel: it falls with its process, however that ends."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from limbeck.core.errors import Interrupted

_POLL_SECONDS = 0.05
_held: set[int] = set()


def _forget_in_child() -> None:
    # A forked worker shares the lock; were it to outlive a killed parent, nobody could resume.
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_forget_in_child)


@contextmanager
def locked(
    path: Path,
    *,
    waiting: Callable[[int | None], None] = lambda pid: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[None]:
    """Hold the lock at `path`, waiting for it; `waiting` hears once the pid of who holds it.

    Raises: Interrupted: `should_stop` turned true while waiting.
    """
    told = False
    while (descriptor := _take(path)) is None:
        if not told:
            waiting(holder(path))
            told = True
        if should_stop():
            raise Interrupted("stopped while waiting for another run")
        time.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        _release(path, descriptor)


@contextmanager
def locked_if_free(path: Path) -> Iterator[bool]:
    """Hold the lock if nobody does; yields whether it is held now."""
    descriptor = _take(path)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            _release(path, descriptor)


def is_held(path: Path) -> bool:
    """Tell whether a living process holds the lock; changes nothing, also on a read-only disk."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def holder(path: Path) -> int | None:
    """Return the pid written by who took the lock last, or None where there is none yet."""
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, ValueError):
        return None
    return int(text) if text.isdigit() else None


def _take(path: Path) -> int | None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not _still_at(path, descriptor):
            raise BlockingIOError
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode("ascii"), 0)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        os.close(descriptor)
        raise
    _held.add(descriptor)
    return descriptor


def _still_at(path: Path, descriptor: int) -> bool:
    """Tell whether the file is still the one at `path`: the holder before us removed its own."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _release(path: Path, descriptor: int) -> None:
    if descriptor in _held:  # not so in a forked child, whose parent still holds the lock
        path.unlink(missing_ok=True)
        _held.discard(descriptor)
        os.close(descriptor)
