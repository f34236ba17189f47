"""PDF: passages by page, read one page at a time; the text layer only, pictures of text need OCR first."""

import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from limbeck.core.digest import digest_file
from limbeck.core.errors import SourceError
from limbeck.corpus.language import language_of
from limbeck.knowledge.decode import check_filled
from limbeck.knowledge.extra import extra
from limbeck.knowledge.outline import Section
from limbeck.knowledge.passage import title_of
from limbeck.knowledge.source import ChunkRead, FileRead, Record, find_files, left_out, some
from limbeck.knowledge.text import strip_controls

if TYPE_CHECKING:
    from pypdf import PdfReader

ENDINGS = (".pdf",)
SIGNS = (r"%PDF-",)
LIBRARIES = ("pypdf",)
OPTIONS = ()
HOLDS_FACTS = False
_PAGES_KEPT = 32
_FULL_LINE = 0.8
_SHORT_LINE = 0.6
_ENDS = re.compile(r"[.!?:。！？：；][\"')\]”」』）]*$")
_HYPHEN = re.compile(r"(?<=[a-z])-\n(?=[a-z])")
_HAN_BREAK = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])\n(?=[\u3000-\u9fff\uff00-\uffef])")
_PAGE_NAME = {"en": "page {}", "zh": "第{}页"}


def read(location: Path, options: Mapping[str, object]) -> Iterator[Record]:
    """Read every PDF at a location; spans count characters of the text that was read out of it.

    Raises: SourceError: missing, empty, no PDF, encrypted, or pictures only. MachineError: no pypdf.
    """
    for path in find_files(location, ENDINGS):
        yield from _read_file(path)


def _read_file(path: Path) -> Iterator[Record]:
    reader = _open(path)
    yield FileRead(path=path, digest=digest_file(path))
    title = _title(reader) or title_of(path)
    dropped: Counter[str] = Counter()
    what = f"the PDF has no text on its {len(reader.pages)} pages: they are pictures, as of a scan"
    fix = "read it by OCR first, such as with `ocrmypdf IN.pdf OUT.pdf`, or take it out of the recipe"
    yield from some(_chunks(_pages(reader, dropped), title), SourceError(what, where=str(path), fix=fix))
    yield from left_out(dropped)


def _chunks(pages: Iterable[list[str]], title: str) -> Iterator[ChunkRead]:
    start = 0
    for number, paragraphs in enumerate(pages, start=1):
        page = Section(start=start, heading=_PAGE_NAME[language_of(" ".join(paragraphs))].format(number))
        for paragraph in paragraphs:
            page.add(paragraph)
        yield from page.chunks(title)
        start = page.stop


def _open(path: Path) -> "PdfReader":
    with extra("sources", "a PDF"):
        import pypdf

    check_filled(path)
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = pypdf.PdfReader(path)
        is_locked = reader.is_encrypted and not reader.decrypt("")
        pages = 0 if is_locked else len(reader.pages)
    except pypdf.errors.DependencyError:
        is_locked = True
    except Exception as error:  # pypdf lets whatever a damaged file leads to through
        what = f"this is no PDF that can be read: {str(error).rstrip('.') or type(error).__name__}"
        raise SourceError(what, where=str(path), fix="save or fetch it again, or name it as what it is") from error
    if is_locked:
        fix = "save it without a password, such as with `qpdf --decrypt --password=… IN.pdf OUT.pdf`"
        raise SourceError("the PDF is encrypted", where=str(path), fix=fix)
    if not pages:
        raise SourceError("the PDF has no pages", where=str(path), fix="take it out of the recipe")
    return reader


def _title(reader: "PdfReader") -> str:
    try:
        found = reader.metadata.title if reader.metadata else None
    except Exception:  # a damaged title is none
        return ""
    return " ".join(strip_controls(str(found or "")).split())


def _pages(reader: "PdfReader", dropped: Counter[str]) -> Iterator[list[str]]:
    """Yield the paragraphs of each page; what was parsed is let go of as it goes."""
    for number in range(len(reader.pages)):
        try:
            paragraphs = _paragraphs(reader.pages[number].extract_text())
        except Exception:  # one damaged page does not lose the others
            paragraphs = []
            dropped["page that cannot be read"] += 1
        else:
            dropped["page without text"] += not paragraphs
        if number % _PAGES_KEPT == _PAGES_KEPT - 1:
            reader.resolved_objects.clear()
        yield paragraphs


def _paragraphs(text: str) -> list[str]:
    """Join the lines of each paragraph.

    One ends at a blank line, at a short line (a heading, an item), or at a sentence on a line that is not full.
    """
    lines = [" ".join(line.split()) for line in strip_controls(text, " ").splitlines()]
    longest = max(map(len, lines), default=0)
    parts: list[list[str]] = [[]]
    for line in lines:
        if line:
            parts[-1].append(line)
        share = _FULL_LINE if _ENDS.search(line) else _SHORT_LINE
        if len(line) < longest * share:
            parts.append([])
    return [_HAN_BREAK.sub("", _HYPHEN.sub("", "\n".join(part))).replace("\n", " ") for part in parts if part]
