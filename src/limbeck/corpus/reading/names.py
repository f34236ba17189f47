"""What files are called in places and reports: their paths below the folder they share."""

import os
from collections.abc import Sequence
from pathlib import Path

from limbeck.core.errors import LimbeckError


def names_of(paths: Sequence[Path]) -> list[str]:
    """Name each file relative to the folder all share, so that a report is the same wherever it lies.

    Raises: LimbeckError: a file is named twice.
    """
    whole = [path.resolve() for path in paths]
    twice = next((path for at, path in enumerate(paths) if whole[at] in whole[:at]), None)
    if twice is not None:
        fix = "name every file once, and hold out none that is trained on"
        raise LimbeckError(f"'{twice}' is named twice", fix=fix)
    root = os.path.commonpath([path.parent for path in whole])
    return [Path(os.path.relpath(path, root)).as_posix() for path in whole]
