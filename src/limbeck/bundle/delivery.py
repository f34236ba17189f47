"""Put a finished bundle where the user wants it, its report inside, and never over something else."""

import shutil
from pathlib import Path

from limbeck.bundle.manifest import MANIFEST
from limbeck.bundle.pack import add_report
from limbeck.core.artifact import MANIFEST as ARTIFACT
from limbeck.core.disk import replacing
from limbeck.core.errors import BundleError


def replace_bundle(bundle: Path, report: Path, target: Path) -> Path:
    """Lay out `bundle` with the report's files at `target`, in place of an older bundle there.

    The old bundle stays until the new one is whole.
    Raises: BundleError: `target` holds something that is no bundle. MachineError: the disk will not take it.
    """
    if target.exists() and any(target.iterdir()) and not (target / MANIFEST).is_file():
        raise BundleError(
            f"{target} holds files that are no bundle",
            where=str(target),
            fix="move them, or build elsewhere with --output",
        )
    with replacing(target) as unfinished:
        shutil.copytree(bundle, unfinished, ignore=shutil.ignore_patterns(ARTIFACT))
        add_report(unfinished, report)
    return target
