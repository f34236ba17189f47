"""Word documents: passages by heading, each row of a table a line of text."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from limbeck.core.digest import digest_file
from limbeck.core.errors import SourceError
from limbeck.knowledge.container import check_container
from limbeck.knowledge.extra import extra
from limbeck.knowledge.markup import Page, read_markup
from limbeck.knowledge.outline import read_outline
from limbeck.knowledge.passage import title_of
from limbeck.knowledge.source import FileRead, Record, find_files, left_out, some

ENDINGS = (".docx",)
SIGNS = (r"PK\x03\x04[\s\S]*word/document\.xml",)
LIBRARIES = ("mammoth", "selectolax")
OPTIONS = ()
HOLDS_FACTS = False
_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => p:fresh"


def read(location: Path, options: Mapping[str, object]) -> Iterator[Record]:
    """Read every document at a location; spans count characters of the text that was read out of it.

    Raises: SourceError: missing, no Word document, made to do harm, or without text. MachineError: no mammoth.
    """
    for path in find_files(location, ENDINGS):
        page, pictures = _read_document(path)
        yield FileRead(path=path, digest=digest_file(path))
        fix = "if its text is in pictures, it must be read by OCR first; or take it out of the recipe"
        lacking = SourceError("the document has no text", where=str(path), fix=fix)
        yield from some(read_outline(page.blocks, page.title or title_of(path)), lacking)
        yield from left_out({"picture": pictures})


def _read_document(path: Path) -> tuple[Page, int]:
    """Return what a document says, and how many pictures it has."""
    with extra("sources", "a Word document"):
        import mammoth

    check_container(path, part="word/document.xml", what="a Word document (.docx)")
    pictures: list[object] = []

    def leave_out(image: object) -> list[object]:
        pictures.append(image)
        return []

    try:
        with path.open("rb") as file:
            found = mammoth.convert_to_html(file, convert_image=leave_out, style_map=_STYLES)
    except Exception as error:  # mammoth lets whatever a damaged part leads to through
        what = f"the document is damaged: {type(error).__name__}: {error}".rstrip(": ")
        raise SourceError(what, where=str(path), fix="open it and save it again as .docx") from error
    return read_markup(found.value), len(pictures)
