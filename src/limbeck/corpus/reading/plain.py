"""Plain text and Markdown: a record per document, section, paragraph or line."""

import re
from collections.abc import Iterator
from typing import Literal

from limbeck.corpus.reading.row import Row

Unit = Literal["auto", "paragraph", "line", "file"]
"""What one record of a plain text is; `auto` looks at the file."""

_END = "<|endoftext|>"
_BLANK = re.compile(r"\n[^\S\n]*\n")
_HEADING = re.compile(r"#{1,6}\s")
_FENCE = re.compile(r"\s{0,3}(```|~~~)")


def read_plain(text: str, name: str, *, unit: Unit, is_markdown: bool) -> tuple[str, tuple[Row, ...]]:
    """Cut a text into records; return how it was cut, and the records with the line each begins at."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    how, starts = _starts(lines, unit, is_markdown)
    return how, tuple(_rows(lines, starts, name))


def _starts(lines: list[str], unit: Unit, is_markdown: bool) -> tuple[str, set[int]]:
    """Tell at which lines a record begins, and say so in words."""
    if unit == "file":
        return "a record for the whole file", {0}
    if unit == "line":
        return "a record per line", set(range(len(lines)))
    if unit == "auto" and any(line.strip() == _END for line in lines):
        return f"a record up to each {_END}", {0, *(at + 1 for at, line in enumerate(lines) if line.strip() == _END)}
    if unit == "auto" and is_markdown:
        return "a record per section", {0, *_headings(lines)}
    if unit == "auto" and not _BLANK.search("\n".join(lines).strip()):
        return "a record per line", set(range(len(lines)))
    return "a record per paragraph", {0, *(at for at in range(1, len(lines)) if not lines[at - 1].strip())}


def _headings(lines: list[str]) -> Iterator[int]:
    fence = ""
    for at, line in enumerate(lines):
        mark = _FENCE.match(line)
        if mark:
            fence = "" if fence == mark[1] else fence or mark[1]
        elif not fence and _HEADING.match(line):
            yield at


def _rows(lines: list[str], starts: set[int], name: str) -> Iterator[Row]:
    begins = sorted(starts)
    for begin, end in zip(begins, [*begins[1:], len(lines)], strict=True):
        kept = [(at, line) for at, line in enumerate(lines[begin:end], begin) if line.strip() != _END]
        written = [at for at, line in kept if line.strip()]
        if written:
            body = "\n".join(line for at, line in kept if written[0] <= at <= written[-1])
            yield Row(where=f"{name}:{written[0] + 1}", value=body)
