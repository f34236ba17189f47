"""Markdown pages: passages by heading, each an exact span of its file."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from markdown_it import MarkdownIt

from limbeck.core.errors import SourceError
from limbeck.knowledge.decode import read_text
from limbeck.knowledge.passage import HeadingPath, Span, chunk_of, passages, title_of, trim
from limbeck.knowledge.source import FileRead, Record, find_files, left_out, some
from limbeck.knowledge.text import strip_controls

ENDINGS = (".md", ".markdown")
OPTIONS = ()
HOLDS_FACTS = False
_FRONT_MATTER = re.compile(r"---\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|$)", re.DOTALL)
_TITLE = re.compile(r"^title:[ \t]*[\"']?(.+?)[\"']?[ \t]*\r?$", re.MULTILINE)
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_SKIPPED = ("hr", "html_block")


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
    page = _Page(text, titled[1] if titled else "", front.end() if front else 0)
    chunks = (
        chunk_of(text, span, title=page.title or title_of(path), heading=heading)
        for heading, blocks in page.sections
        for span in passages(text, blocks)
    )
    fix = "write some, or take it out of the recipe"
    yield from some(chunks, SourceError("the page has no text", where=str(path), fix=fix))
    yield from left_out({"control character": removed, "HTML block or rule": page.skipped})


class _Page:
    """One parsed page: its title and the spans of its blocks under each heading path."""

    def __init__(self, text: str, title: str, start: int) -> None:
        self._text = text
        self._blanked = re.sub(r"[^\r\n]", " ", text[:start]) + text[start:]
        self._lines = [match.start() for match in _LINE.finditer(text)]
        self._lines.append(len(text))
        self._headings = HeadingPath(title)
        self.skipped = 0
        self.sections = self._read()

    @property
    def title(self) -> str:
        return self._headings.title

    def _read(self) -> list[tuple[str, list[Span]]]:
        sections: list[tuple[str, list[Span]]] = [("", [])]
        tokens = MarkdownIt("commonmark").enable("table").parse(self._blanked)
        for at, token in enumerate(tokens):
            if token.level or token.map is None:
                continue
            if token.type == "heading_open":
                sections.append((self._headings.enter(int(token.tag[1]), tokens[at + 1].content.strip()), []))
            elif token.type in _SKIPPED:
                self.skipped += 1
            else:
                sections[-1][1].append(trim(self._text, self._lines[token.map[0]], self._lines[token.map[1]]))
        return sections
