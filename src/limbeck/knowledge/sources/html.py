"""HTML pages: passages by heading of the page's main content; scripts and styles are never text."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from limbeck.core.errors import SourceError
from limbeck.knowledge.decode import read_text
from limbeck.knowledge.markup import read_markup
from limbeck.knowledge.outline import read_outline
from limbeck.knowledge.passage import title_of
from limbeck.knowledge.source import FileRead, Record, find_files, left_out, some

ENDINGS = (".html", ".htm", ".xhtml")
SIGNS = (r"(?i)\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html)\b",)
LIBRARIES = ("selectolax",)
OPTIONS = ()
HOLDS_FACTS = False


def read(location: Path, options: Mapping[str, object]) -> Iterator[Record]:
    """Read every page at a location; spans count characters of the text that was read out of it.

    Raises: SourceError: missing, empty, binary, or without text. MachineError: no selectolax.
    """
    for path in find_files(location, ENDINGS):
        original = read_text(path)
        page = read_markup(original.characters)
        yield FileRead(path=path, digest=original.digest)
        fix = "if a script writes its text, save the page from a browser; or take it out of the recipe"
        lacking = SourceError("the page has no text", where=str(path), fix=fix)
        yield from some(read_outline(page.blocks, page.title or title_of(path)), lacking)
        yield from left_out(page.left_out)
