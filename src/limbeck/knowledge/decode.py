"""Bytes of a text file to characters, whatever the encoding; binary files are refused."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from limbeck.core.errors import SourceError
from limbeck.corpus.decode import decode


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
    decoded = decode(data)
    if decoded is None:
        raise SourceError(
            "this is not a text file", where=str(path), fix="give text as UTF-8, or take it out of the recipe"
        )
    if not decoded.characters.strip():
        raise SourceError("the file is empty", where=str(path), fix="fill it, or take it out of the recipe")
    return Text(characters=decoded.characters, digest=hashlib.sha256(data).hexdigest())
