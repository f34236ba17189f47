"""A document that is no plain text, as its headings and blocks; its text is those blocks, a blank line between.

The spans of its passages count characters of that text: the same file always reads out the same.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import final

from limbeck.knowledge.passage import HeadingPath, Span, chunk_of, passages
from limbeck.knowledge.source import ChunkRead
from limbeck.knowledge.text import strip_controls

_BETWEEN = "\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph, list item or table row; or a heading, where `level` is 1 (the top) or more."""

    text: str
    level: int = 0


def read_outline(blocks: Iterable[Block], title: str) -> Iterator[ChunkRead]:
    """Yield the passages of a document as its blocks come in; no more than one section is held."""
    headings = HeadingPath(title)
    section = Section()
    for block in blocks:
        text = strip_controls(block.text, " ").strip()
        if not text:
            continue
        if block.level:
            yield from section.chunks(headings.title)
            section = Section(start=section.stop, heading=headings.enter(block.level, " ".join(text.split())))
            section.add(text, is_heading=True)
        else:
            section.add(text)
    yield from section.chunks(headings.title)


@final
@dataclass(slots=True, kw_only=True)
class Section:
    """One heading and the blocks below it; `start` is where it begins in the document."""

    start: int = 0
    heading: str = ""
    _parts: list[str] = field(default_factory=list)
    _spans: list[Span] = field(default_factory=list)
    _length: int = 0

    def add(self, text: str, *, is_heading: bool = False) -> None:
        """Take in the next block; the heading is text, and no passage."""
        if not is_heading:
            self._spans.append((self._length, self._length + len(text)))
        self._parts.append(text)
        self._length += len(text) + len(_BETWEEN)

    @property
    def stop(self) -> int:
        """Return where the next section begins."""
        return self.start + self._length

    def chunks(self, title: str) -> Iterator[ChunkRead]:
        """Yield the passages of the blocks."""
        text = _BETWEEN.join(self._parts)
        for span in passages(text, self._spans):
            yield chunk_of(text, span, title=title, heading=self.heading, offset=self.start)
