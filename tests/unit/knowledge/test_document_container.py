"""Office files that were made to do harm are refused before a byte of them is unpacked."""

import zipfile
from pathlib import Path

import pytest

from documents import paragraph, write_docx
from limbeck.core.errors import SourceError
from limbeck.knowledge import container
from limbeck.knowledge.sources import docx, table

BOMB = '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "{}"><!ENTITY b "&a;&a;&a;">]><w:document>&b;</w:document>'
OUTSIDE = '<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]><w>&x;</w>'


@pytest.mark.parametrize(
    "xml",
    [
        BOMB.format("ha" * 1000),
        OUTSIDE,
        f"<!-- {'x' * 20_000} -->{OUTSIDE}",
        OUTSIDE.encode("utf-16"),
    ],
    ids=["billion laughs", "outside file", "behind a long comment", "utf-16"],
)
def test_xml_that_declares_entities_is_refused(tmp_path: Path, xml: str | bytes) -> None:
    write_docx(tmp_path / "bad.docx", "", {"word/document.xml": xml})
    with pytest.raises(SourceError, match=r"'word/document.xml' declares XML entities") as caught:
        list(docx.read(tmp_path, {}))
    assert "bad.docx" in str(caught.value)


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    write_docx(tmp_path / "bad.docx", paragraph("x"), {"word/media/a.xml": b" " * 11_000_000})
    with pytest.raises(SourceError, match="zip bomb: 6 parts would unpack to 11"):
        list(docx.read(tmp_path, {}))
    with zipfile.ZipFile(tmp_path / "bad.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 11_000_000)
    with pytest.raises(SourceError, match="zip bomb"):
        list(table.read(tmp_path / "bad.xlsx", {}))


def test_more_parts_than_any_document_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "_MOST_PARTS", 4)
    write_docx(tmp_path / "bad.docx", paragraph("x"))
    with pytest.raises(SourceError, match="5 parts"):
        container.check_container(tmp_path / "bad.docx", part="word/document.xml", what="a Word document")


@pytest.mark.parametrize("name", ["../../outside.xml", "/etc/cron.d/x", "word/../../x", "C:/x.xml", "..\\..\\x.xml"])
def test_names_that_leave_the_archive_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    write_docx(tmp_path / "in/bad.docx", paragraph("x"), {name: b"<x/>"})
    with pytest.raises(SourceError, match="would be written outside"):
        list(docx.read(tmp_path / "in", {}))
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "bad.docx"]


def test_a_big_sound_document_is_let_through(tmp_path: Path) -> None:
    body = "".join(paragraph(f"The desk of room {number} is open from nine.") for number in range(300))
    write_docx(tmp_path / "good.docx", body)
    container.check_container(tmp_path / "good.docx", part="word/document.xml", what="a Word document")


def test_an_encrypted_document_says_what_it_may_be(tmp_path: Path) -> None:
    (tmp_path / "bad.docx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    with pytest.raises(SourceError, match="encrypted, or of the old Office format"):
        list(docx.read(tmp_path, {}))
