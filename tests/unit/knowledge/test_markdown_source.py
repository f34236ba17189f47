from itertools import pairwise
from pathlib import Path

import pytest

from limbeck.core.errors import SourceError
from limbeck.knowledge.source import ChunkRead, Dropped
from limbeck.knowledge.sources.markdown import read

LONG = "This is sentence number one of a long page. " * 30
LONG_ZH = "这是一篇很长的文章里的一句话，没有什么意思。" * 40
PAGE = f"""---
title: "Handbook"
author: nobody
---
Before any heading.

# Visas

Intro with *emphasis* and `code`.

## Fees & costs

{LONG}

- first item
- second item

| a | b |
|---|---|
| 1 | 2 |

### Children

<div>skipped</div>

Half.

## 办理时间

{LONG_ZH}
"""


def chunks_of(path: Path) -> list[ChunkRead]:
    return [record for record in read(path, {}) if isinstance(record, ChunkRead)]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_every_chunk_is_its_span_and_short_enough(tmp_path: Path, ending: str) -> None:
    text = PAGE.replace("\n", ending)
    (tmp_path / "page.md").write_bytes(text.encode())
    chunks = chunks_of(tmp_path / "page.md")
    assert len(chunks) > 8
    for chunk in chunks:
        assert text[chunk.start : chunk.stop] == chunk.text == chunk.text.strip() != ""
        assert len(chunk.text) <= (350 if chunk.language == "en" else 220)
        assert chunk.title == "Handbook"
    assert [one.stop <= two.start for one, two in pairwise(chunks)] == [True] * (len(chunks) - 1)


def test_headings_make_a_path_and_no_text_is_lost(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(PAGE, encoding="utf-8")
    chunks = chunks_of(tmp_path / "page.md")
    headings = list(dict.fromkeys(chunk.heading for chunk in chunks))
    fees = "Visas > Fees & costs"
    assert headings == ["", "Visas", fees, f"{fees} > Children", "Visas > 办理时间"]
    kept = "".join("".join(chunk.text.split()) for chunk in chunks)
    assert "".join(LONG.split()) in kept and "".join(LONG_ZH.split()) in kept
    assert "-firstitem-seconditem" in kept and "|1|2|" in kept and "author" not in kept
    assert {chunk.language for chunk in chunks} == {"en", "zh"}


def test_long_blocks_break_at_sentences(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(PAGE, encoding="utf-8")
    chunks = chunks_of(tmp_path / "page.md")
    assert sum(chunk.text.startswith("This is") for chunk in chunks) > 3
    assert all(
        chunk.text.endswith(".") for chunk in chunks if chunk.text.startswith("This is") and "item" not in chunk.text
    )
    assert all(chunk.text.endswith("。") for chunk in chunks if chunk.text.startswith("这是"))


def test_a_sentence_without_end_is_cut(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("word " * 2000 + "\n\n" + "x" * 5000 + "\n\n" + "字" * 3000, encoding="utf-8")
    chunks = chunks_of(tmp_path / "page.md")
    assert sum(len("".join(chunk.text.split())) for chunk in chunks) == 8000 + 5000 + 3000
    assert max(len(chunk.text) for chunk in chunks) <= 350


def test_the_title_is_the_first_heading_or_the_file_name(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# One\n\ntext\n\n# Two\n\nmore", encoding="utf-8")
    (tmp_path / "lost-bags.md").write_text("text", encoding="utf-8")
    assert [(chunk.title, chunk.heading) for chunk in chunks_of(tmp_path / "a.md")] == [("One", ""), ("One", "Two")]
    assert [chunk.title for chunk in chunks_of(tmp_path / "lost-bags.md")] == ["lost bags"]


def test_a_folder_is_read_sorted_and_deep(tmp_path: Path) -> None:
    for name in ("b.md", "a/z.markdown", "c.txt", "a/.hidden"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"text {name}", encoding="utf-8")
    assert [chunk.text for chunk in chunks_of(tmp_path)] == ["text a/z.markdown", "text b.md"]


def test_control_characters_become_spaces_and_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"The desk\x07is open.\n")
    records = list(read(tmp_path / "a.md", {}))
    assert [record.text for record in records if isinstance(record, ChunkRead)] == ["The desk is open."]
    assert Dropped(reason="control character", count=1) in records


def test_gb18030_pages_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(
        "# 行李\n\n每位旅客可以免费托运一件行李，重量不超过二十三公斤。\n".encode("gb18030")
    )
    assert "免费托运" in chunks_of(tmp_path / "a.md")[0].text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x7fELF\x02\x01" + bytes(2000), "not a text file"),
        (bytes(range(256)) * 20, "not a text file"),
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"# Only a heading\n", "no text"),
    ],
)
def test_bad_pages_are_refused_by_name(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "bad.md").write_bytes(content)
    with pytest.raises(SourceError, match=said) as caught:
        chunks_of(tmp_path)
    assert "bad.md" in str(caught.value)


def test_missing_places_are_named(tmp_path: Path) -> None:
    (tmp_path / "void").mkdir()
    for name, said in (("none.md", "no such file"), ("void", "no file to read")):
        with pytest.raises(SourceError, match=said) as caught:
            chunks_of(tmp_path / name)
        assert name in str(caught.value)
