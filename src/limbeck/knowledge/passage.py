"""Passages: spans of a text that are short enough to be found and told, cut where a reader would pause."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import final

from limbeck.corpus.language import language_of
from limbeck.knowledge.source import ChunkRead

Span = tuple[int, int]
"""Characters [start, stop) of a text."""

_LIMIT_CHARS = {"en": 350, "zh": 220}
_SENTENCE = re.compile(r"[^.!?。！？；\n]*(?:[.!?]+(?=\s|$)[\"')\]]*\s*|[。！？；]+[”」』）]*|\n+|[.!?]|$)")


@final
class HeadingPath:
    """The headings above a place; the first top heading is the title, where none was given."""

    def __init__(self, title: str = "") -> None:
        self.title = title
        self._path: dict[int, str] = {}

    def enter(self, level: int, heading: str) -> str:
        """Go below a heading (1 is the top), and return the path without the title."""
        self._path = {depth: name for depth, name in self._path.items() if depth < level}
        if level == 1 and self.title in ("", heading):
            self.title = heading
        else:
            self._path[level] = heading
        return " > ".join(self._path.values())


def title_of(path: Path) -> str:
    """Return a title for a file that has none: its name without the ending."""
    return path.stem.replace("-", " ").replace("_", " ")


def chunk_of(text: str, span: Span, *, title: str, heading: str, offset: int = 0) -> ChunkRead:
    """Return a passage of a text that itself begins `offset` characters into its document."""
    body = text[slice(*span)]
    return ChunkRead(
        start=span[0] + offset,
        stop=span[1] + offset,
        language=language_of(body),
        title=title,
        heading=heading,
        text=body,
    )


def passages(text: str, blocks: Iterable[Span]) -> Iterator[Span]:
    """Yield the passages of one section: short neighbours joined, long blocks cut, none over its language's limit."""
    yield from _pack(text, [piece for block in blocks for piece in _split(text, block)])


def trim(text: str, start: int, stop: int) -> Span:
    """Return the span without the space around it."""
    body = text[start:stop]
    return start + len(body) - len(body.lstrip()), stop - len(body) + len(body.rstrip())


def _limit(text: str, start: int, stop: int) -> int:
    return _LIMIT_CHARS[language_of(text[start:stop])]


def _split(text: str, block: Span) -> list[Span]:
    """Cut a block that is too long at its lines or sentences, and those that still are at a space."""
    start, stop = block
    if stop - start <= _limit(text, start, stop):
        return [block] if stop > start else []
    pieces: list[Span] = []
    for match in _SENTENCE.finditer(text, start, stop):
        span = trim(text, match.start(), match.end())
        if span[1] > span[0]:
            pieces.extend(_cut(text, span))
    return pieces


def _cut(text: str, sentence: Span) -> Iterator[Span]:
    start, stop = sentence
    while stop - start > (limit := _limit(text, start, stop)):
        border = text.rfind(" ", start + limit // 2, start + limit)
        end = border if border > 0 else start + limit
        yield trim(text, start, end)
        start = trim(text, end, stop)[0]
    yield start, stop


def _pack(text: str, pieces: list[Span]) -> Iterator[Span]:
    """Join neighbours while they fit in one passage."""
    current: Span | None = None
    for start, stop in pieces:
        if current and stop - current[0] <= _limit(text, current[0], stop):
            current = (current[0], stop)
            continue
        if current:
            yield current
        current = (start, stop)
    if current:
        yield current
