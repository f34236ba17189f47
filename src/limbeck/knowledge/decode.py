"""Bytes of a text file to characters, whatever the encoding; binary files are refused by what they are."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from limbeck.core.errors import SourceError
from limbeck.corpus.decode import decode

_EMPTY_FIX = "fill it, or take it out of the recipe"
_BLOCK_BYTES = 65536
_SIGNATURES = {
    b"%PDF-": "a PDF, which is named .pdf",
    b"PK\x03\x04": "a zip archive, as .xlsx and .docx are",
    b"PAR1": "a Parquet file, which is named .parquet",
    b"\xd0\xcf\x11\xe0": "an encrypted or old Office file",
    b"SQLite format 3": "an SQLite database, of which `sql` reads a query",
    b"\x1f\x8b": "a gzip file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A decoded file (byte order mark gone, line ends as they are) and the sha256 of its bytes."""

    characters: str
    digest: str


def _read_bytes(path: Path) -> bytes:
    """Read a file whole.

    Raises: SourceError: unreadable or empty.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    if not data.strip():
        raise SourceError("the file is empty", where=str(path), fix=_EMPTY_FIX)
    return data


def check_filled(path: Path) -> None:
    """Make sure that a file of any size can be read and holds something.

    Raises: SourceError: unreadable or empty.
    """
    try:
        with path.open("rb") as file:
            is_empty = not any(block.strip() for block in iter(lambda: file.read(_BLOCK_BYTES), b""))
    except OSError as error:
        raise _unreadable(path, error) from error
    if is_empty:
        raise SourceError("the file is empty", where=str(path), fix=_EMPTY_FIX)


def read_text(path: Path) -> Text:
    """Read a text file as UTF-8, or UTF-16 with a mark, or the encoding it looks like.

    Raises: SourceError: unreadable, empty, or not text.
    """
    data = _read_bytes(path)
    kind = next((what for signature, what in _SIGNATURES.items() if data.startswith(signature)), None)
    decoded = None if kind else decode(data)
    if decoded is None:
        what = f"this is not a text file but {kind}" if kind else "this is not a text file"
        raise SourceError(what, where=str(path), fix="give text as UTF-8, or name the file and its kind as what it is")
    if not decoded.characters.strip():
        raise SourceError("the file is empty", where=str(path), fix=_EMPTY_FIX)
    return Text(characters=decoded.characters, digest=hashlib.sha256(data).hexdigest())


def _unreadable(path: Path, error: OSError) -> SourceError:
    return SourceError(f"cannot be read: {error.strerror}", where=str(path), fix="check the path and rights")
