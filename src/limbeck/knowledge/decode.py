"""Bytes of a text file to characters, whatever the encoding; binary files are refused."""

import codecs
import hashlib
from dataclasses import dataclass
from pathlib import Path

from limbeck.core.errors import SourceError

_ENCODINGS = ["gb18030", "big5", "shift_jis", "euc_kr", "cp1252", "cp1251", "iso8859_2"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A decoded file (byte order mark gone, line ends as they are) and the sha256 of its bytes."""

    characters: str
    digest: str


def read_text(path: Path) -> Text:
    """Read a text file as UTF-8, or UTF-16 with a mark, or the encoding it looks like.

    Raises: SourceError: unreadable, empty, or not text.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(
            f"cannot be read: {error.strerror}", where=str(path), fix="check the path and rights"
        ) from error
    if not data.strip():
        raise SourceError("the file is empty", where=str(path), fix="fill it, or take it out of the recipe")
    characters = _decode(data, path)
    if not characters.strip():
        raise SourceError("the file is empty", where=str(path), fix="fill it, or take it out of the recipe")
    return Text(characters=characters, digest=hashlib.sha256(data).hexdigest())


def _decode(data: bytes, path: Path) -> str:
    try:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return data.decode("utf-16")
        if not _looks_binary(data):
            return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        guessed = _guess(data)
        if guessed is not None:
            return guessed
    raise SourceError(
        "this is not a text file", where=str(path), fix="give text as UTF-8, or take it out of the recipe"
    )


def _guess(data: bytes) -> str | None:
    from charset_normalizer import from_bytes

    best = from_bytes(data, cp_isolation=_ENCODINGS).best()
    return None if best is None else data.decode(best.encoding)


def _looks_binary(data: bytes) -> bool:
    """Tell whether NULs or many control bytes stand where text has none (a few are tolerated)."""
    head = data[:65536]
    controls = sum(head.count(bytes([code])) for code in range(32) if code not in b"\t\n\r\x0c")
    return head.count(0) > len(head) // 200 + 2 or controls > len(head) // 20 + 8
