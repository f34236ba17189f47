"""Put a compressed model where the user wants it, whole or not at all, and never over something else."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from limbeck.compression.compressed_folder import EVERYTHING, PLAN_FILE
from limbeck.core.disk import replacing
from limbeck.core.errors import LimbeckError


def check_target(target: Path) -> None:
    """Refuse a place that holds anything but an earlier compressed model.

    Raises: LimbeckError: `target` is a file, or holds something else.
    """
    fix = "move it, or choose another place after -o"
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise LimbeckError(f"'{target}' is no folder", where=str(target), fix=fix)
    there = {path.name for path in target.iterdir()} if target.is_dir() else set()
    if there and PLAN_FILE not in there:
        raise LimbeckError(f"'{target}' holds files that no compression left there", where=str(target), fix=fix)
    if others := sorted(there - EVERYTHING):
        what = f"'{target}' holds more than a compressed model: {', '.join(others[:4])}"
        raise LimbeckError(what, where=str(target), fix=fix)


@contextmanager
def making(target: Path) -> Iterator[Path]:
    """Yield an empty folder beside `target`, and put what it then holds in its place; on an error nothing changes.

    The older one stays until the new one is whole.
    Raises: LimbeckError: `target` holds something else. MachineError: the disk will not take it.
    """
    check_target(target)
    with replacing(target) as unfinished:
        unfinished.mkdir()
        yield unfinished
        check_target(target)
