"""Put a trained checkpoint where the user wants it, its report inside, and never over something else."""

import json
import shutil
from pathlib import Path
from typing import Any

from limbeck.core.artifact import MANIFEST
from limbeck.core.disk import replacing
from limbeck.core.errors import LimbeckError
from limbeck.evaluation.training_report import render_training

FACTS = "training.json"


def check_target(target: Path) -> None:
    """Refuse to write over files that no training left.

    Raises: LimbeckError: `target` is a file, or holds something else.
    """
    fix = "move it, or choose another place after -o"
    if target.exists() and not target.is_dir():
        raise LimbeckError(f"'{target}' is a file", where=str(target), fix=fix)
    if target.is_dir() and any(target.iterdir()) and not (target / FACTS).is_file():
        raise LimbeckError(f"'{target}' holds files that no training left there", where=str(target), fix=fix)


def deliver_training(artifact: Path, target: Path) -> dict[str, Any]:
    """Copy a checkpoint to `target`, in place of an older one there, add its report, and return its facts.

    The older one stays until the new one is whole.
    Raises: LimbeckError: `target` holds something else. MachineError: the disk will not take it.
    """
    check_target(target)
    facts: dict[str, Any] = json.loads((artifact / FACTS).read_text(encoding="utf-8"))
    with replacing(target) as unfinished:
        shutil.copytree(artifact, unfinished, ignore=shutil.ignore_patterns(MANIFEST))
        for name, text in render_training(facts).items():
            (unfinished / name).write_text(text, encoding="utf-8")
    return facts
