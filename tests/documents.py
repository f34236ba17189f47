"""Small documents of every form that a source reads, written here so that no binary file is kept."""

import sqlite3
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

FACTS = "name,name_zh,capital,capital_zh\nChad,乍得,N'Djamena,恩贾梅纳\nKenya,肯尼亚,Nairobi,内罗毕\n"
EXPORTED = (
    "subject_en,subject_zh,property,property_en,property_zh,value_en,value_zh\n"
    "Chad,乍得,capital,capital,首都,N'Djamena,恩贾梅纳\nKenya,肯尼亚,capital,capital,首都,Nairobi,内罗毕\n"
)
PROSE = "# Desk\n\n## Hours\n\nThe desk is open from nine.\n\n## 行李\n\n每位旅客可以托运一件行李。\n"
_SECTIONS = (("Hours", "The desk is open from nine."), ("行李", "每位旅客可以托运一件行李。"))
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_STYLES = {"Title": "Title", "1": "heading 1", "2": "heading 2"}


def write_sample(kind: str, root: Path, *, ending: str = "", changed: bool = False) -> dict[str, object]:
    """Write one small valid input of a kind to `root/docs`, and return the options it is read with.

    ending: of the file, for kinds that have no sample of their own; those read PROSE.
    changed: say something else.
    """
    folder = root / "docs"
    folder.mkdir(exist_ok=True)
    write = {"table": _table, "facts": _facts, "sql": _sql, "rdf": _rdf} | {
        "html": _html,
        "docx": _docx,
        "pdf": _pdf,
        "faq": _faq,
    }
    if kind in write:
        return write[kind](folder, "ten" if changed else "nine", "Mombasa" if changed else "Nairobi")
    text = PROSE.replace("nine", "ten") if changed else PROSE
    (folder / f"one{ending}").write_text(text, encoding="utf-8")
    return {}


def write_docx(path: Path, body: str, parts: Mapping[str, str | bytes] | None = None) -> None:
    """Write a Word document: `body` is WordprocessingML, `parts` adds or replaces files of the archive."""
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/></w:style>'
        for key, name in _STYLES.items()
    )
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES}"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        'ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="r1" Type="{_OFFICE}/officeDocument" '
        'Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="r1" '
        f'Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "word/styles.xml": f'<w:styles xmlns:w="{_WORD}">{styles}</w:styles>',
        "word/document.xml": f'<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (files | dict(parts or {})).items():
            # a date of its own keeps the bytes the same
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)


def paragraph(text: str, style: str = "") -> str:
    """Return a paragraph of WordprocessingML; `style` is `Title`, `1` or `2`."""
    look = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f'<w:p>{look}<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'


def word_table(rows: Iterable[Sequence[str]]) -> str:
    """Return a table of WordprocessingML."""
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def write_pdf(path: Path, pages: Sequence[Sequence[str]], title: str = "") -> None:
    """Write a PDF with a text layer, a list of lines a page; a page without lines is a picture of nothing."""
    fonts = "/F1 3 0 R /F2 4 0 R"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{' '.join(f'{7 + 2 * at} 0 R' for at in range(len(pages)))}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H /DescendantFonts [5 0 R] >>",
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo "
        "<< /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> >>",
        f"<< /Title {_hex(title)} >>" if title else "<< >>",
    ]
    for at, lines in enumerate(pages):
        content = "BT 14 TL 72 720 Td " + " ".join(f"{_shown(line)} T*" for line in lines) + " ET"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << {fonts} >> >> "
            f"/Contents {8 + 2 * at} 0 R >>"
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    body, places = "%PDF-1.7\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = f"trailer\n<< /Size {size} /Root 1 0 R /Info 6 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    path.write_bytes(f"{body}xref\n0 {size}\n0000000000 65535 f \n{table}{end}".encode("latin-1"))


def write_encrypted_pdf(path: Path, password: str) -> None:
    """Write a PDF that opens with a password only."""
    from pypdf import PdfReader, PdfWriter

    write_pdf(path, [["nobody reads this"]])
    writer = PdfWriter(clone_from=PdfReader(path))
    writer.encrypt(password, algorithm="RC4-128")
    writer.write(path)


def write_database(path: Path, statements: str) -> None:
    """Write an SQLite database."""
    connection = sqlite3.connect(path)
    connection.executescript(statements)
    connection.close()


def _shown(line: str) -> str:
    if line.isascii():
        escaped = line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        return f"/F1 12 Tf ({escaped}) Tj"
    return f"/F2 12 Tf <{line.encode('utf-16-be').hex()}> Tj"


def _hex(text: str) -> str:
    return f"<feff{text.encode('utf-16-be').hex()}>"


def _table(folder: Path, hour: str, city: str) -> dict[str, object]:
    (folder / "one.csv").write_text(FACTS.replace("Nairobi", city), encoding="utf-8")
    return {}


def _facts(folder: Path, hour: str, city: str) -> dict[str, object]:
    (folder / "one.csv").write_text(EXPORTED.replace("Nairobi", city), encoding="utf-8")
    return {}


def _sql(folder: Path, hour: str, city: str) -> dict[str, object]:
    rows = FACTS.replace("Nairobi", city).replace("'", "''").splitlines()[1:]
    values = ", ".join("('" + row.replace(",", "', '") + "')" for row in rows)
    (folder.parent / "facts.db").unlink(missing_ok=True)
    write_database(
        folder.parent / "facts.db",
        f"CREATE TABLE country (name, name_zh, capital, capital_zh); INSERT INTO country VALUES {values};",
    )
    (folder / "one.sql").write_text("SELECT * FROM country;\n", encoding="utf-8")
    return {"database": "facts.db"}


def _rdf(folder: Path, hour: str, city: str) -> dict[str, object]:
    lines = ["@prefix : <http://example.org/> .", "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> ."]
    lines.append(':capital rdfs:label "capital"@en, "首都"@zh .')
    for row in FACTS.replace("Nairobi", city).splitlines()[1:]:
        name, name_zh, capital, capital_zh = row.split(",")
        lines.append(f':{name} rdfs:label "{name}"@en, "{name_zh}"@zh ; :capital "{capital}"@en, "{capital_zh}"@zh .')
    (folder / "one.ttl").write_text("\n".join(lines), encoding="utf-8")
    return {}


def _sections(hour: str) -> list[tuple[str, str]]:
    return [(heading, text.replace("nine", hour)) for heading, text in _SECTIONS]


def _html(folder: Path, hour: str, city: str) -> dict[str, object]:
    parts = "".join(f"<h2>{heading}</h2><p>{text}</p>" for heading, text in _sections(hour))
    (folder / "one.html").write_text(f"<!doctype html><h1>Desk</h1>{parts}", encoding="utf-8")
    return {}


def _docx(folder: Path, hour: str, city: str) -> dict[str, object]:
    parts = (paragraph(heading, "2") + paragraph(text) for heading, text in _sections(hour))
    write_docx(folder / "one.docx", paragraph("Desk", "1") + "".join(parts))
    return {}


def _pdf(folder: Path, hour: str, city: str) -> dict[str, object]:
    write_pdf(folder / "one.pdf", [[heading, "", text] for heading, text in _sections(hour)], "Desk")
    return {}


def _faq(folder: Path, hour: str, city: str) -> dict[str, object]:
    (first, answer), (second, reply) = _sections(hour)
    text = f"# Desk\n\n## {first}?\n\n{answer}\n\n## {second}？\n\n{reply}\n"
    (folder / "one.md").write_text(text, encoding="utf-8")
    return {}
