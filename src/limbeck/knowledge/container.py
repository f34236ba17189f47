"""Zip files that hold an Office document: looked at whole before a byte of them is unpacked.

Refused: archives that unpack to far more than they are (zip bombs), names that leave the archive (path traversal),
and parts that declare XML entities (XML bombs; Office writes none).
"""

import zipfile
from pathlib import Path, PurePosixPath
from xml.parsers.expat import ExpatError, ParserCreate

from limbeck.core.errors import SourceError
from limbeck.core.units import format_bytes
from limbeck.knowledge.decode import check_filled

_MOST_BYTES = 512_000_000
_MOST_PARTS = 20_000
_MOST_TIMES = 200
_SMALL_BYTES = 10_000_000
_READ_BYTES = 4096
_DAMAGED = (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


def check_container(path: Path, *, part: str, what: str) -> None:
    """Make sure that a file is a sound Office document that holds `part`; `what` is what it should be.

    Raises: SourceError: it is none, damaged, encrypted, or made to do harm.
    """
    check_filled(path)
    fix = f"save it again as {what}"
    if not zipfile.is_zipfile(path):
        is_old = path.read_bytes()[:4] == b"\xd0\xcf\x11\xe0"
        reason = "it is encrypted, or of the old Office format" if is_old else "it is no zip archive, or cut short"
        raise SourceError(f"this cannot be read as {what}: {reason}", where=str(path), fix=fix)
    try:
        with zipfile.ZipFile(path) as archive:
            _check_parts(path, archive.infolist(), what)
            if part not in archive.namelist():
                raise SourceError(f"this is not {what}: it has no part {part!r}", where=str(path), fix=fix)
            _check_entities(path, archive)
    except _DAMAGED as error:
        raise SourceError(f"the file is damaged: {error}", where=str(path), fix=fix) from error


def _check_parts(path: Path, parts: list[zipfile.ZipInfo], what: str) -> None:
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts) + 1
    is_bomb = unpacked > _SMALL_BYTES and unpacked > packed * _MOST_TIMES
    fix = f"do not trust it; if you made it yourself, split it or save it as a smaller {what}"
    if is_bomb or unpacked > _MOST_BYTES or len(parts) > _MOST_PARTS:
        told = f"{len(parts)} parts would unpack to {format_bytes(unpacked)}"
        raise SourceError(f"this looks like a zip bomb: {told}", where=str(path), fix=fix)
    for part in parts:
        name = PurePosixPath(part.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts or ":" in str(name):
            told = f"its part {part.filename!r} would be written outside of it"
            raise SourceError(f"the file is made to do harm: {told}", where=str(path), fix=fix)


def _check_entities(path: Path, archive: zipfile.ZipFile) -> None:
    for part in archive.infolist():
        if part.filename.lower().endswith((".xml", ".rels")) and _declares_entities(archive, part):
            what = f"its part {part.filename!r} declares XML entities, which a document never needs"
            raise SourceError(f"the file is made to do harm: {what}", where=str(path), fix="do not trust it")


def _declares_entities(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Read a part up to its first element, before which alone entities can be declared."""
    found: list[bool] = []
    parser = ParserCreate()
    parser.StartDoctypeDeclHandler = lambda *_: found.append(True)
    parser.StartElementHandler = lambda *_: found.append(False)
    with archive.open(part) as file:
        while not found and (read := file.read(_READ_BYTES)):
            try:
                parser.Parse(read)
            except ExpatError:
                break
    return bool(found) and found[0]
