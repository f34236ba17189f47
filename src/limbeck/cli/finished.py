"""The report of a finished bundle: found by bundle, by recipe, or by its own file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from limbeck.core.errors import BundleError

_REPORT = "report.json"


def find_report(path: Path) -> Path:
    """Return the report.json that a bundle, a recipe, a folder with a recipe, or a report file stands for.

    Raises: BundleError: there is none yet. RecipeError: the recipe cannot be read.
    """
    from limbeck.recipe.load import FILE_NAME

    if (path / _REPORT).is_file():
        return path / _REPORT
    if path.is_file() and path.name.endswith(".json"):
        return path
    recipe = path / FILE_NAME if path.is_dir() else path
    if not recipe.is_file():
        raise BundleError(
            f"there is no report in '{path}'", fix="give a bundle such as build/atlas, or a recipe that was run"
        )
    from limbeck.recipe.load import load_recipe

    report = Path("build") / load_recipe(recipe).name / _REPORT
    if not report.is_file():
        raise BundleError(f"'{recipe}' has no report yet: {report} is missing", fix=f"`limbeck run {recipe}` makes it")
    return report


def read_report(path: Path) -> Mapping[str, Any]:
    """Read a report.

    Raises: BundleError: it is not one of ours.
    """
    try:
        report = json.loads(path.read_bytes())
        if report["schema"] == 1 and "verdict" in report:
            return dict(report)
    except (ValueError, KeyError, TypeError):
        pass
    raise BundleError("this is not a report that limbeck wrote", where=str(path), fix="`limbeck run` writes one")
