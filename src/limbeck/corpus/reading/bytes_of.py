"""The bytes of a file that was named, unpacked where it is gzip."""

import gzip
import zlib
from pathlib import Path

from limbeck.core.errors import LimbeckError
from limbeck.corpus.decode import Decoded, decode

_GZIP = b"\x1f\x8b"
_KNOWN = {b"PK\x03\x04": "a zip archive", b"PAR1": "a Parquet file", b"%PDF": "a PDF", b"\x89PNG": "a picture"}


def bytes_of(path: Path) -> bytes:
    """Read a file, and unpack it where it is gzip.

    Raises: LimbeckError: missing, a folder, unreadable, empty, or a gzip file cut short.
    """
    if path.is_dir():
        raise LimbeckError(f"'{path}' is a folder", fix=f"name the files in it, such as {path}/*.jsonl")
    if not path.exists():
        from limbeck.recipe.place import nearby

        raise LimbeckError(f"there is no file '{path}'", fix=nearby(path, str(path)))
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LimbeckError(f"cannot be read: {error.strerror}", where=str(path), fix="check its rights") from error
    data = _unpacked(data, path) if data.startswith(_GZIP) else data
    if not data.strip():
        raise LimbeckError("the file is empty", where=str(path), fix="put data into it, or leave it out")
    return data


def text_of(data: bytes, path: Path) -> Decoded:
    """Decode the bytes of a text file, whatever its encoding.

    Raises: LimbeckError: not text, or nothing but space.
    """
    found = decode(data)
    if found is None:
        kind = next((what for magic, what in _KNOWN.items() if data.startswith(magic)), "binary data")
        fix = "give text as UTF-8" if kind != "a Parquet file" else "name it .parquet"
        raise LimbeckError(f"this is not a text file but {kind}", where=str(path), fix=fix)
    if not found.characters.strip():
        raise LimbeckError("the file is empty", where=str(path), fix="put data into it, or leave it out")
    return found


def _unpacked(data: bytes, path: Path) -> bytes:
    try:
        return gzip.decompress(data)
    except (EOFError, OSError, zlib.error) as error:
        fix = "fetch or pack it again"
        raise LimbeckError(f"the gzip file is damaged or cut short: {error}", where=str(path), fix=fix) from error
