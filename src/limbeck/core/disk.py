"""Writes that survive a kill or a power cut, and disk errors in plain words."""

import errno
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from limbeck.core.errors import MachineError
from limbeck.core.units import format_bytes

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_REFUSED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_IN_THE_WAY = frozenset({errno.ENOTDIR, errno.EEXIST})
_LEAST_FREE_BYTES = 256 * 1024


def write_atomic(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Replace a file in one step: readers see the old bytes or the new, never a part.

    One writer at a time per path; a leftover of a killed writer is overwritten by the next.
    durable: wait for the disk, so that a power cut too leaves one or the other.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.tmp")
    try:
        with unfinished.open("wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(path.parent)


def write_json(path: Path, value: JSON, *, durable: bool = True) -> None:
    """Write a value as indented JSON with sorted keys, in one step."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)
    write_atomic(path, (text + "\n").encode(), durable=durable)


def read_json(path: Path) -> dict[str, JSON] | None:
    """Read a JSON object of ours, or None where it is missing or torn."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Make every file and name under a folder durable."""
    for parent, _folders, names in os.walk(folder):
        for name in names:
            with (Path(parent) / name).open("rb") as file:
                os.fsync(file.fileno())
        sync_folder(Path(parent))


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield where to lay out a folder anew, and put it in the place of `target` once it is whole; or nothing changes.

    There is nothing at the place yielded. What was at `target` stays until then; look at it before.
    Raises: MachineError: the disk will not take it.
    """
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    with disk_errors(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(unfinished, ignore_errors=True)
        try:
            yield unfinished
            shutil.rmtree(target, ignore_errors=True)
            unfinished.replace(target)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


@contextmanager
def disk_errors(root: Path) -> Iterator[None]:
    """Turn an error of the disk under `root` into a MachineError that says what to do."""
    try:
        yield
    except OSError as error:
        raise machine_error(error, root) from error


def is_disk_error(error: OSError) -> bool:
    """Tell whether an error is the disk's and not the fault of what was read or written."""
    return error.errno in _FULL or error.errno == errno.EROFS


def is_full(root: Path, error: Exception) -> bool:
    """Tell whether an error of a library means that nothing more fits: many hide why a write failed."""
    if any(words in str(error).lower() for words in ("no space left", "disk is full")):
        return True
    try:
        return shutil.disk_usage(_existing(root)).free < _LEAST_FREE_BYTES
    except OSError:
        return False


def machine_error(error: OSError | None, root: Path) -> MachineError:
    """Say what is wrong with the disk under `root`; no error means that it is full."""
    code = errno.ENOSPC if error is None else error.errno
    where = str((error.filename if error is not None else None) or root)
    if code in _FULL:
        free = format_bytes(shutil.disk_usage(_existing(root)).free)
        fix = "free some space there, then run the same command again: what was finished is kept"
        return MachineError(f"the disk is full: {free} left for the store {root}", where=where, fix=fix)
    if code in _REFUSED:
        fix = "make that folder writable, or use a store in a folder you may write to"
        return MachineError(f"cannot write to the store {root}: {os.strerror(code)}", where=where, fix=fix)
    if code in _IN_THE_WAY:
        fix = "move that file away, or use a store in another folder"
        return MachineError(f"the store {root} needs a folder where a file is", where=where, fix=fix)
    return MachineError(f"the store {root} cannot be used: {error}", where=where, fix="check the disk, then run again")


def _existing(path: Path) -> Path:
    """Return the nearest ancestor that exists, which is on the same disk."""
    while not path.exists():
        path = path.parent
    return path
