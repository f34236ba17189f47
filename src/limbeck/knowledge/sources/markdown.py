"""Markdown pages: passages by heading, each an exact span of its file.

A comment `<!-- asked` with a line for each wording, below a heading, says how people ask for what stands there.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from limbeck.core.errors import SourceError
from limbeck.knowledge.decode import read_text
from limbeck.knowledge.passage import HeadingPath, Span, chunk_of, passages, title_of, trim
from limbeck.knowledge.source import AskedRead, FileRead, Record, find_files, left_out, some
from limbeck.knowledge.text import strip_controls

ENDINGS = (".md", ".markdown")
OPTIONS = ()
HOLDS_FACTS = False
_FRONT_MATTER = re.compile(r"---\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|$)", re.DOTALL)
_TITLE = re.compile(r"^title:[ \t]*[\"']?(.+?)[\"']?[ \t]*\r?$", re.MULTILINE)
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_ASKED = re.compile(r"<!--[ \t]*asked\b[ \t]*:?")
_BULLET = re.compile(r"^[-*][ \t]+")


def read(location: Path, options: Mapping[str, object]) -> Iterator[Record]:
    """Read every page at a location; spans count characters of the decoded file.

    Raises: SourceError: missing, empty or binary.
    """
    for path in find_files(location, ENDINGS):
        yield from _read_page(path)


def _read_page(path: Path) -> Iterator[Record]:
    original = read_text(path)
    text = strip_controls(original.characters, " ")
    removed = sum(1 for was, now in zip(original.characters, text, strict=True) if was != now)
    yield FileRead(path=path, digest=original.digest)
    front = _FRONT_MATTER.match(text)
    titled = _TITLE.search(front[1]) if front else None
    page = _Page(text, titled[1] if titled else "", front.end() if front else 0, path)
    chunks = (
        chunk_of(text, span, title=page.title or title_of(path), heading=part.heading)
        for part in page.parts
        for span in passages(text, part.blocks)
    )
    fix = "write some, or take it out of the recipe"
    yield from some(chunks, SourceError("the page has no text", where=str(path), fix=fix))
    told = {part.heading for part in page.parts if part.blocks}
    asked = [part for part in page.parts if part.asked and part.heading in told]
    yield from (AskedRead(heading=part.heading, texts=part.asked) for part in asked)
    loose = sum(len(part.asked) for part in page.parts if part.heading not in told)
    counts = {"control character": removed, "HTML block or rule": page.skipped, "wording that asks for no text": loose}
    yield from left_out(counts)


@dataclass(slots=True, kw_only=True)
class _Part:
    """The spans of blocks that nothing parts, the heading path above them, and how people ask for them."""

    heading: str = ""
    asked: tuple[str, ...] = ()
    blocks: list[Span] = field(default_factory=list)


class _Page:
    """One parsed page: its title and its parts, which headings and HTML begin."""

    def __init__(self, text: str, title: str, start: int, path: Path) -> None:
        self._text = text
        self._blanked = re.sub(r"[^\r\n]", " ", text[:start]) + text[start:]
        self._lines = [match.start() for match in _LINE.finditer(text)]
        self._lines.append(len(text))
        self._headings = HeadingPath(title)
        self.skipped = 0
        self.parts = self._read(path)

    @property
    def title(self) -> str:
        return self._headings.title

    def _read(self, path: Path) -> list[_Part]:
        parts = [_Part()]
        tokens = MarkdownIt("commonmark").enable("table").parse(self._blanked)
        for at, token in enumerate(tokens):
            if token.level or token.map is None:
                continue
            if token.type == "heading_open":
                parts.append(_Part(heading=self._headings.enter(int(token.tag[1]), tokens[at + 1].content.strip())))
            elif token.type == "html_block":
                parts.append(_Part(heading=parts[-1].heading, asked=self._asked(token, path)))
            elif token.type == "hr":
                self.skipped += 1
            else:
                parts[-1].blocks.append(trim(self._text, self._lines[token.map[0]], self._lines[token.map[1]]))
        return parts

    def _asked(self, token: Token, path: Path) -> tuple[str, ...]:
        """Return the wordings of a comment that gives some.

        Raises: SourceError: it is not closed.
        """
        content = token.content.strip()
        opened = _ASKED.match(content)
        if opened is None:
            self.skipped += 1
            return ()
        body, closed, _ = content[opened.end() :].partition("-->")
        if not closed:
            where = f"{path}:{(token.map or [0])[0] + 1}"
            raise SourceError("a comment `<!-- asked` is not closed", where=where, fix="end it with `-->`")
        lines = (_BULLET.sub("", line.strip()) for line in body.splitlines())
        return tuple(dict.fromkeys(line for line in lines if line))
