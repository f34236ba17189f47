"""Files a recipe names: found relative to it, or the nearest name that exists."""

import difflib
import re
from functools import cache
from pathlib import Path

from limbeck.recipe.families import SOURCES
from limbeck.recipe.locate import KeyPath
from limbeck.recipe.options import declared
from limbeck.recipe.problem import Problem

FILE_OPTIONS = ("mapping", "database")
"""Options that name a file beside the recipe."""

_LOOKED_AT_BYTES = 8192


def guess_kind(location: Path) -> str | None:
    """Tell the source kind of a file, or the first of the kinds that a folder holds."""
    return next(iter(guess_kinds(location)), None)


def guess_kinds(location: Path) -> tuple[str, ...]:
    """Return the kind of a file, or those of a folder's files by their endings, in the order of the first file of each.

    A kind of shared endings is meant where every file of these endings is of it.
    """
    if not location.is_dir():
        kind = _kind_of_file(location)
        return () if kind is None else (kind,)
    kinds = _kinds_by("ENDINGS")
    paths = [path for path in sorted(location.rglob("*")) if path.is_file()]
    for name in dict.fromkeys(name for _, name in _pairs_of("SHARED_ENDINGS")):
        endings = declared(f"{SOURCES.package}.{name}", "SHARED_ENDINGS")
        shared = [path for path in paths if path.suffix.lower() in endings]
        if shared and all(_kind_of_file(path) == name for path in shared):
            kinds |= dict.fromkeys(endings, name)
    suffixes = (path.suffix.lower() for path in paths)
    return tuple(dict.fromkeys(kinds[suffix] for suffix in suffixes if suffix in kinds))


def list_unread(folder: Path) -> list[Path]:
    """Return the files of a folder that no source kind reads, hidden ones apart, sorted."""
    kinds = _kinds_by("ENDINGS")
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith("."))
    return [path for path in files if path.suffix.lower() not in kinds]


def _kind_of_file(path: Path) -> str | None:
    """Tell the source kind of a file from its ending and content."""
    named = _kinds_by("ENDINGS").get(path.suffix.lower())
    shared = [name for ending, name in _pairs_of("SHARED_ENDINGS") if ending == path.suffix.lower()]
    signs = [(sign, name) for sign, name in _pairs_of("SIGNS") if named is None or name in shared]
    if not signs or not path.is_file():
        return named
    text = _ends_of(path)
    return next((name for sign, name in signs if any(re.match(sign, each) for each in text)), named)


def _kinds_by(constant: str) -> dict[str, str]:
    return dict(_pairs_of(constant))


@cache
def _pairs_of(constant: str) -> tuple[tuple[str, str], ...]:
    """Return what each source kind states in a constant, with the kind; nothing is imported."""
    return tuple((each, name) for name in SOURCES.names() for each in declared(f"{SOURCES.package}.{name}", constant))


def _ends_of(path: Path) -> tuple[str, ...]:
    """Return the first and last characters of a file, as each encoding reads them that a sign may stand in."""
    with path.open("rb") as file:
        head = file.read(_LOOKED_AT_BYTES)
        file.seek(max(len(head), path.stat().st_size - _LOOKED_AT_BYTES))
        data = head + file.read()
    encodings = ("latin-1", "utf-8-sig", "gb18030", *(["utf-16"] if data[:2] in (b"\xff\xfe", b"\xfe\xff") else []))
    return tuple(data.decode(encoding, errors="ignore") for encoding in encodings)


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
