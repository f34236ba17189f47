"""PDF: passages by page, and a clear word where a PDF holds no text or may not be read."""

from itertools import pairwise
from pathlib import Path

import pytest

from documents import write_encrypted_pdf, write_pdf
from limbeck.core.errors import SourceError
from limbeck.knowledge.source import ChunkRead, Dropped, Record
from limbeck.knowledge.sources import pdf

ENGLISH = [
    "The visa desk on the second floor of the main building is open from nine",
    "to five. A visa costs 40 euros, and a second one in the same calen-",
    "dar year is free.",
    "Bring a passport.",
]
CHINESE = ["每位旅客可以免费托运一件行李，重量不超过二十三公斤，超出的部分按每公斤收费，", "请在柜台付款。"]


def read(path: Path) -> list[Record]:
    return list(pdf.read(path, {}))


def chunks(path: Path) -> list[ChunkRead]:
    return [record for record in read(path) if isinstance(record, ChunkRead)]


def test_a_passage_tells_its_page_and_lines_are_joined(tmp_path: Path) -> None:
    write_pdf(tmp_path / "desk.pdf", [ENGLISH, ["行李", *CHINESE]], "Travel 手册")
    english, chinese = chunks(tmp_path / "desk.pdf")
    joined = "is open from nine to five. A visa costs 40 euros, and a second one in the same calendar year is free."
    assert joined in english.text
    assert english.text.endswith("\n\nBring a passport.")
    assert (english.heading, english.title, english.language) == ("page 1", "Travel 手册", "en")
    assert chinese.text == "行李\n\n" + "".join(CHINESE)
    assert (chinese.heading, chinese.language) == ("第2页", "zh")
    assert (english.start, chinese.start) == (0, english.stop + 2)


def test_a_pdf_without_a_title_is_called_by_its_name(tmp_path: Path) -> None:
    write_pdf(tmp_path / "travel-desk.pdf", [ENGLISH])
    assert chunks(tmp_path / "travel-desk.pdf")[0].title == "travel desk"


def test_hundreds_of_pages_come_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pdf(tmp_path / "big.pdf", [[f"Room {number} is on floor {number // 10}."] for number in range(300)])
    parsed: list[int] = []
    kept = pdf._paragraphs
    monkeypatch.setattr(pdf, "_paragraphs", lambda text: (parsed.append(len(parsed)), kept(text))[1])
    records = pdf.read(tmp_path / "big.pdf", {})
    next(records)
    first = next(records)
    assert isinstance(first, ChunkRead) and first.text == "Room 0 is on floor 0."
    assert len(parsed) == 1, "the first passage waits for no later page"
    rest = [record for record in records if isinstance(record, ChunkRead)]
    assert len(rest) == 299
    assert (rest[-1].heading, rest[-1].text) == ("page 300", "Room 299 is on floor 29.")
    assert all(one.stop < two.start for one, two in pairwise(rest))


def test_what_was_parsed_is_let_go_of(tmp_path: Path) -> None:
    write_pdf(tmp_path / "big.pdf", [[f"Room {number} is here."] for number in range(200)])
    reader = pdf._open(tmp_path / "big.pdf")
    most = max(len(reader.resolved_objects) for _ in pdf._pages(reader, pdf.Counter()))
    assert most < 2 * 200


def test_a_scan_is_refused_with_what_to_do(tmp_path: Path) -> None:
    write_pdf(tmp_path / "scan.pdf", [[], []])
    with pytest.raises(SourceError, match="no text on its 2 pages: they are pictures") as caught:
        read(tmp_path / "scan.pdf")
    assert "ocrmypdf" in str(caught.value) and "scan.pdf" in str(caught.value)


def test_pages_without_text_among_others_are_counted(tmp_path: Path) -> None:
    write_pdf(tmp_path / "a.pdf", [["One page."], [], ["Another page."]])
    assert [chunk.heading for chunk in chunks(tmp_path / "a.pdf")] == ["page 1", "page 3"]
    assert Dropped(reason="page without text", count=1) in read(tmp_path / "a.pdf")


def test_an_encrypted_pdf_is_refused(tmp_path: Path) -> None:
    write_encrypted_pdf(tmp_path / "locked.pdf", "secret")
    with pytest.raises(SourceError, match="the PDF is encrypted") as caught:
        read(tmp_path / "locked.pdf")
    assert "qpdf --decrypt" in str(caught.value)


def test_a_pdf_that_opens_without_a_password_is_read(tmp_path: Path) -> None:
    write_encrypted_pdf(tmp_path / "open.pdf", "")
    assert chunks(tmp_path / "open.pdf")[0].text == "nobody reads this"


@pytest.mark.parametrize("content", [b"<html>", b"%PDF-1.7\n", b"%PDF-1.7\n1 0 obj\n<< /Type", b"\x00" * 5000])
def test_what_is_no_pdf_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.pdf").write_bytes(content)
    with pytest.raises(SourceError) as caught:
        read(tmp_path / "bad.pdf")
    assert "bad.pdf" in str(caught.value) and "fix:" in str(caught.value)


def test_one_damaged_page_does_not_lose_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pdf(tmp_path / "a.pdf", [["One page."], ["Two pages."]])
    kept = pdf._paragraphs

    def fail(text: str) -> str:
        if "One" in text:
            raise KeyError("/Contents")
        return kept(text)

    monkeypatch.setattr(pdf, "_paragraphs", fail)
    assert [chunk.text for chunk in chunks(tmp_path / "a.pdf")] == ["Two pages."]
    assert Dropped(reason="page that cannot be read", count=1) in read(tmp_path / "a.pdf")
