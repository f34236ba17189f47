"""Files a recipe names: found relative to it, or the nearest name that exists."""

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path

from limbeck.recipe.families import SOURCES
from limbeck.recipe.locate import KeyPath
from limbeck.recipe.options import declared_beginnings, declared_endings
from limbeck.recipe.problem import Problem

FILE_OPTIONS = ("mapping",)
"""Options that name a file beside the recipe."""

_BEGINNING_BYTES = 64


def guess_kind(location: Path) -> str | None:
    """Tell the source kind from how a file begins or ends, or from the first of a folder's files that has a kind."""
    beginnings = {name: declared_beginnings(f"{SOURCES.package}.{name}") for name in SOURCES.names()}
    plain = [name for name, begins in beginnings.items() if not begins]
    kinds = {ending: name for name in plain for ending in declared_endings(f"{SOURCES.package}.{name}")}
    if not location.is_dir():
        return _kind_by_beginning(location, beginnings) or kinds.get(location.suffix.lower())
    paths = (path for path in sorted(location.rglob("*")) if path.is_file())
    found = (_kind_by_beginning(path, beginnings) or kinds.get(path.suffix.lower()) for path in paths)
    return next((kind for kind in found if kind), None)


def _kind_by_beginning(path: Path, beginnings: Mapping[str, Sequence[str]]) -> str | None:
    try:
        with path.open("rb") as file:
            first = file.read(_BEGINNING_BYTES).removeprefix(b"\xef\xbb\xbf")
    except OSError:
        return None
    return next((name for name, begins in beginnings.items() if first.startswith(tuple(map(str.encode, begins)))), None)


def check_file(written: str, folder: Path, path: KeyPath, *, noun: str) -> Problem | None:
    """Complain where a named file is missing or empty."""
    location = folder / written
    if not location.exists():
        return Problem(what=f"{noun} {written!r} does not exist", path=path, fix=nearby(location, written))
    if not (location.is_dir() or location.is_file()):
        return Problem(what=f"{noun} {written!r} is neither a file nor a folder", path=path, fix="name one of these")
    if location.is_dir() and not any(child.is_file() for child in location.rglob("*")):
        return Problem(
            what=f"{noun} {written!r} is an empty folder", path=path, fix="put files into it or name another"
        )
    if location.is_file() and location.stat().st_size == 0:
        return Problem(what=f"{noun} {written!r} is empty", path=path, fix="fill it or name another")
    return None


def nearby(location: Path, written: str) -> str:
    """Name the file that was probably meant, or what there is instead."""
    parent = location.parent
    if not parent.is_dir():
        return f"folder '{Path(written).parent}' does not exist either"
    there = sorted(child.name for child in parent.iterdir() if not child.name.startswith("."))
    near = difflib.get_close_matches(location.name, there, n=1, cutoff=0.5)
    if near:
        return f"did you mean {(Path(written).parent / near[0]).as_posix()!r}?"
    return f"there is: {', '.join(there[:8])}" if there else f"the folder '{parent}' is empty"
