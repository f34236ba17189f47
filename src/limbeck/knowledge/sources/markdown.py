"""Markdown pages: passages by heading, each an exact span of its file."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from markdown_it import MarkdownIt

from limbeck.core.errors import SourceError
from limbeck.corpus.language import language_of
from limbeck.knowledge.decode import read_text
from limbeck.knowledge.source import ChunkRead, Dropped, FileRead, Record, find_files
from limbeck.knowledge.text import strip_controls

ENDINGS = (".md", ".markdown")
OPTIONS = ()
HOLDS_FACTS = False
_LIMIT_CHARS = {"en": 350, "zh": 220}
_FRONT_MATTER = re.compile(r"---\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|$)", re.DOTALL)
_TITLE = re.compile(r"^title:[ \t]*[\"']?(.+?)[\"']?[ \t]*\r?$", re.MULTILINE)
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_SENTENCE = re.compile(r"[^.!?。！？；\n]*(?:[.!?]+(?=\s|$)[\"')\]]*\s*|[。！？；]+[”」』）]*|\n+|[.!?]|$)")
_SKIPPED = ("hr", "html_block")

Span = tuple[int, int]


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
    found = 0
    for heading, span in page.passages():
        found += 1
        yield _chunk(text, span, page.title or path.stem.replace("-", " ").replace("_", " "), heading)
    if not found:
        raise SourceError("the page has no text", where=str(path), fix="write some, or take it out of the recipe")
    for reason, count in {"control character": removed, "HTML block or rule": page.skipped}.items():
        if count:
            yield Dropped(reason=reason, count=count)


def _chunk(text: str, span: Span, title: str, heading: str) -> ChunkRead:
    body = text[slice(*span)]
    language = language_of(body)
    return ChunkRead(start=span[0], stop=span[1], language=language, title=title, heading=heading, text=body)


class _Page:
    """One parsed page: its title and the spans of its blocks under each heading path."""

    def __init__(self, text: str, title: str, start: int) -> None:
        self._text = text
        self._blanked = re.sub(r"[^\r\n]", " ", text[:start]) + text[start:]
        self._lines = [match.start() for match in _LINE.finditer(text)]
        self._lines.append(len(text))
        self._path: dict[int, str] = {}
        self.title = title
        self.skipped = 0
        self._sections = self._read()

    def passages(self) -> Iterator[tuple[str, Span]]:
        """Yield heading path and span of every passage, none longer than its language allows."""
        for heading, blocks in self._sections:
            pieces = [piece for block in blocks for piece in _split(self._text, block)]
            for span in _pack(self._text, pieces):
                yield heading, span

    def _read(self) -> list[tuple[str, list[Span]]]:
        sections: list[tuple[str, list[Span]]] = [("", [])]
        tokens = MarkdownIt("commonmark").enable("table").parse(self._blanked)
        for at, token in enumerate(tokens):
            if token.level or token.map is None:
                continue
            if token.type == "heading_open":
                self._enter(int(token.tag[1]), tokens[at + 1].content.strip())
                sections.append((" > ".join(self._path.values()), []))
            elif token.type in _SKIPPED:
                self.skipped += 1
            else:
                sections[-1][1].append(_trim(self._text, self._lines[token.map[0]], self._lines[token.map[1]]))
        return sections

    def _enter(self, level: int, heading: str) -> None:
        self._path = {depth: name for depth, name in self._path.items() if depth < level}
        if level == 1 and self.title in ("", heading):
            self.title = heading
        else:
            self._path[level] = heading


def _limit(text: str, start: int, stop: int) -> int:
    return _LIMIT_CHARS[language_of(text[start:stop])]


def _trim(text: str, start: int, stop: int) -> Span:
    body = text[start:stop]
    return start + len(body) - len(body.lstrip()), stop - len(body) + len(body.rstrip())


def _split(text: str, block: Span) -> list[Span]:
    """Cut a block that is too long at its lines or sentences, and those that still are at a space."""
    start, stop = block
    if stop - start <= _limit(text, start, stop):
        return [block] if stop > start else []
    pieces: list[Span] = []
    for match in _SENTENCE.finditer(text, start, stop):
        span = _trim(text, match.start(), match.end())
        if span[1] > span[0]:
            pieces.extend(_cut(text, span))
    return pieces


def _cut(text: str, sentence: Span) -> Iterator[Span]:
    start, stop = sentence
    while stop - start > (limit := _limit(text, start, stop)):
        border = text.rfind(" ", start + limit // 2, start + limit)
        end = border if border > 0 else start + limit
        yield _trim(text, start, end)
        start = _trim(text, end, stop)[0]
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
