"""Put sound values where a recipe is wrong, so that what is right can be checked in the same go."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from limbeck.recipe.locate import KeyPath
from limbeck.recipe.problem import Problem

_SOUND: Mapping[str, Any] = {
    "name": "unnamed",
    "base": "tiny",
    "knowledge": [{"location": "."}],
    "location": ".",
    "engines": ["openvino"],
}


def mend(data: Mapping[str, Any], problems: Sequence[Problem]) -> dict[str, Any]:
    """Return the recipe with each wrong value replaced by a sound one, or left out where it may be."""
    mended = deepcopy(dict(data))
    for problem in problems:
        _replace(mended, problem.path)
    return mended


def beside(found: Sequence[Problem], known: Sequence[Problem]) -> list[Problem]:
    """Return the problems found in a mended recipe that do not come from its mending."""
    wrong = [problem.path for problem in known]
    return [problem for problem in found if not any(_touch(problem.path, path) for path in wrong)]


def _replace(mended: Any, path: KeyPath) -> None:
    *parents, last = path
    place = mended
    for key in parents:
        place = place[key]
    if isinstance(last, int):
        place[last] = _SOUND[str(parents[-1])][0]
        return
    place.pop(last, None)
    if last in _SOUND and last != "engines":
        place[last] = deepcopy(_SOUND[last])


def _touch(one: KeyPath, other: KeyPath) -> bool:
    """Tell whether one path is the other or lies on the way to it."""
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]
