"""Plain text: passages by paragraph, each an exact span of its file."""

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path

from limbeck.core.errors import SourceError
from limbeck.corpus.language import language_of
from limbeck.knowledge.decode import read_text
from limbeck.knowledge.passage import chunk_of, passages, title_of, trim
from limbeck.knowledge.source import Dropped, FileRead, Record, find_files
from limbeck.knowledge.text import strip_controls

ENDINGS = (".txt", ".text")
OPTIONS = ()
HOLDS_FACTS = False
_PARAGRAPH = re.compile(r"\S[^\r\n]*(?:(?:\r\n|\r|\n)[^\S\r\n]*\S[^\r\n]*)*")
_LONGEST_TITLE = 80


def read(location: Path, options: Mapping[str, object]) -> Iterator[Record]:
    """Read every text file at a location; spans count characters of the decoded file.

    A short first line with a blank line below it is the title.
    Raises: SourceError: missing, empty or binary.
    """
    for path in find_files(location, ENDINGS):
        original = read_text(path)
        text = strip_controls(original.characters, " ")
        yield FileRead(path=path, digest=original.digest)
        paragraphs = [trim(text, *found.span()) for found in _PARAGRAPH.finditer(text)]
        if not paragraphs:
            raise SourceError("the file has no text", where=str(path), fix="write some, or take it out of the recipe")
        title = _title(text[slice(*paragraphs[0])]) if len(paragraphs) > 1 else ""
        body = paragraphs[1:] if title else paragraphs
        for _, blocks in groupby(body, key=lambda span: language_of(text[slice(*span)])):
            for span in passages(text, blocks):
                yield chunk_of(text, span, title=title or title_of(path), heading="")
        removed = sum(1 for was, now in zip(original.characters, text, strict=True) if was != now)
        if removed:
            yield Dropped(reason="control character", count=removed)


def _title(first: str) -> str:
    is_title = len(first) <= _LONGEST_TITLE and "\n" not in first and first[-1] not in ".!?。！？：:;；,，"
    return first if is_title else ""
