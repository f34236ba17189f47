"""Files to rows: every form and encoding, each row with its line, and broken files told plainly."""

import csv
import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from limbeck.core.errors import LimbeckError
from limbeck.corpus.decode import BROKEN, decode
from limbeck.corpus.reading.delimited import read_delimited
from limbeck.corpus.reading.file import read_file
from limbeck.corpus.reading.names import names_of
from limbeck.corpus.unusable import Unusable

POEM = "The river bends.\nIt sleeps.\n\n\n河水转弯，\n夜里安静。\n"


def rows(path: Path, **options) -> list[tuple[str, object]]:
    return [(row.where, row.value) for row in read_file(path, path.name, **options).rows]


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_a_text_is_cut_at_blank_lines(tmp_path: Path) -> None:
    path = written(tmp_path / "poem.txt", POEM)
    assert rows(path) == [("poem.txt:1", "The river bends.\nIt sleeps."), ("poem.txt:5", "河水转弯，\n夜里安静。")]
    assert read_file(path, "poem").form == "text, a record per paragraph"
    assert [where for where, _ in rows(path, unit="line")] == [f"poem.txt:{line}" for line in (1, 2, 5, 6)]
    assert rows(path, unit="file") == [("poem.txt:1", POEM.strip())]


def test_a_text_without_blank_lines_is_a_record_a_line(tmp_path: Path) -> None:
    path = written(tmp_path / "lines.txt", "好的。\r\nFine.\r\n")
    assert rows(path) == [("lines.txt:1", "好的。"), ("lines.txt:2", "Fine.")]


def test_documents_end_at_their_mark(tmp_path: Path) -> None:
    path = written(tmp_path / "stories.txt", "One.\n\nMore of one.\n<|endoftext|>\n\n第二个。\n<|endoftext|>\n")
    assert rows(path) == [("stories.txt:1", "One.\n\nMore of one."), ("stories.txt:6", "第二个。")]


def test_markdown_is_cut_at_headings_but_not_in_code(tmp_path: Path) -> None:
    page = "Intro.\n\n# 一\n\n正文\n\n```sh\n# a comment\n```\n\n## Two\ntext\n"
    found = rows(written(tmp_path / "page.md", page))
    assert [where for where, _ in found] == ["page.md:1", "page.md:3", "page.md:11"]
    assert "# a comment" in str(found[1][1])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", 'question,answer\n"Two, or\nthree?",Three\n\n问,答\n'),
        ("a.csv", 'question;answer\n"Two, or\nthree?";Three\n\n问;答\n'),
        ("a.tsv", 'question\tanswer\n"Two, or\nthree?"\tThree\n\n问\t答\n'),
    ],
)
def test_a_table_keeps_the_line_each_row_begins_at(tmp_path: Path, name: str, text: str) -> None:
    assert rows(written(tmp_path / name, text)) == [
        (f"{name}:2", {"question": "Two, or\nthree?", "answer": "Three"}),
        (f"{name}:5", {"question": "问", "answer": "答"}),
    ]


RECORDS = [{"text": "one\u2028line"}, {"text": "二"}]


@pytest.mark.parametrize(
    ("name", "text", "lines", "form"),
    [
        ("a.jsonl", "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in RECORDS), [1, 2], "JSONL"),
        ("a.json", "".join(json.dumps(each) + "\n" for each in RECORDS), [1, 2], "JSONL"),
        ("a.json", json.dumps(RECORDS, indent=1), [2, 5], "JSON"),
        ("a.jsonl", json.dumps(RECORDS, indent=1), [2, 5], "JSON"),
        ("a.json", json.dumps({"version": 1, "data": RECORDS}, indent=1), [1, 2], "JSON"),
    ],
)
def test_json_is_read_by_its_content(tmp_path: Path, name: str, text: str, lines: list[int], form: str) -> None:
    path = written(tmp_path / name, text)
    assert rows(path) == [(f"{name}:{line}", value) for line, value in zip(lines, RECORDS, strict=True)]
    assert read_file(path, name).form == form


def test_a_json_object_alone_is_one_row(tmp_path: Path) -> None:
    path = written(tmp_path / "one.json", json.dumps({"messages": [{"role": "user", "content": "你好"}]}))
    assert len(rows(path)) == 1
    assert read_file(written(tmp_path / "one.jsonl", '{"text": "一"}'), "one").form == "JSONL"


def test_parquet_keeps_nested_turns(tmp_path: Path) -> None:
    turns = [[{"role": "user", "content": "你好"}, {"role": "assistant", "content": "Hello"}]]
    pq.write_table(pa.table({"messages": turns, "id": [7]}), tmp_path / "a.parquet")
    assert rows(tmp_path / "a.parquet") == [("a.parquet:1", {"messages": turns[0], "id": 7})]


def test_gzip_is_unpacked(tmp_path: Path) -> None:
    whole = gzip.compress(b'{"text": "packed"}\n')
    (tmp_path / "a.jsonl.gz").write_bytes(whole)
    assert rows(tmp_path / "a.jsonl.gz") == [("a.jsonl.gz:1", {"text": "packed"})]
    (tmp_path / "cut.jsonl.gz").write_bytes(whole[:-9])
    with pytest.raises(LimbeckError, match="damaged or cut short"):
        read_file(tmp_path / "cut.jsonl.gz", "cut")


CHINESE = "河水在这里转弯，夜里很安静，只有风声和远处的狗叫。我们沿着河岸走了很久，看见了村子里的灯光。\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030"])
def test_chinese_is_read_in_every_usual_encoding(encoding: str) -> None:
    found = decode(CHINESE.encode(encoding))
    assert found is not None
    assert found.characters == CHINESE


def test_english_in_latin_1_is_read() -> None:
    text = "The café on the corner serves crème brûlée, and the naïve waiter said it was très bien.\n" * 3
    found = decode(text.encode("cp1252"))
    assert found is not None
    assert found.characters == text


def test_a_few_damaged_bytes_do_not_turn_a_file_into_another_encoding() -> None:
    data = CHINESE.encode() + b"\xff\xfe broken \x80\n" + CHINESE.encode()
    found = decode(data)
    assert found is not None
    assert found.encoding == "utf-8"
    assert found.characters.count(CHINESE) == 2
    assert BROKEN in found.characters


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("empty.txt", b"", "the file is empty"),
        ("blank.jsonl", b" \n\n", "the file is empty"),
        ("mark.txt", b"\xef\xbb\xbf", "the file is empty"),
        ("binary.txt", bytes(range(256)) * 20, "not a text file but binary data"),
        ("二进制.csv", b"\x00\x01\x02" * 500, "not a text file but binary data"),
        ("really.jsonl", b"PAR1" + b"\x00" * 900, "not a text file but a Parquet file"),
        ("really.parquet", b"question,answer\n", "no whole Parquet file"),
        ("only.csv", b"question,answer\n", "the file holds no rows"),
        ("bare.csv", "今天天气怎么样？,很好\n不错,是的\n".encode(), "does not name columns"),
        ("bare.csv", b"How are you today?,Fine\nAnd you?,Good\n", "does not name columns"),
        ("twice.csv", b"a,a\n1,2\n", "column 'a' appears twice"),
        ("nameless.csv", "问题,\n一,二\n".encode(), "column 2 has no name"),
        ("quotes.csv", b'question,answer\n"never ends,1\na,b\n', "a quoted cell never ends"),
        ("cut.json", b'[{"text": "one"},\n{"text": "tw', "the JSON is broken"),
        ("cut.json", b'[{"text": "one"},\n', "the array breaks off"),
        ("cut.json", '[{"text": "一"}'.encode(), "the array breaks off"),
        ("more.json", b'[{"text": "one"}] tail', "more follows after the array"),
        ("object.json", b'{\n"text": "one"\n', "the JSON is broken"),
        ("notes.docx", b"text", "cannot tell from its name"),
    ],
)
def test_a_broken_file_is_told(tmp_path: Path, name: str, data: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(LimbeckError) as caught:
        read_file(tmp_path / name, name)
    assert told in caught.value.what
    assert caught.value.fix


def test_a_missing_file_names_the_nearest_and_a_folder_its_files(tmp_path: Path) -> None:
    (tmp_path / "chats.jsonl").write_text("{}")
    with pytest.raises(LimbeckError, match=r"chats\.jsonl"):
        read_file(tmp_path / "chat.jsonl", "chat.jsonl")
    with pytest.raises(LimbeckError, match="is a folder"):
        read_file(tmp_path, "folder")


@pytest.mark.parametrize(
    ("name", "line", "reason"),
    [
        ("a.csv", "q,a\n1,2,3\n", "ragged row"),
        ("a.csv", 'q,a\n"x"y,3\n', "broken quotes"),
        ("a.jsonl", '{"text": "好"}\n{"text": \n', "broken JSON"),
        ("a.jsonl", '{"text": "好"}\n[1]\n', "not an object"),
        ("a.jsonl", '{"text": "好"}\n' + "[" * 100_000 + "\n", "broken JSON"),
    ],
)
def test_a_broken_row_does_not_stop_the_others(tmp_path: Path, name: str, line: str, reason: str) -> None:
    last = read_file(written(tmp_path / name, line), name).rows[-1]
    assert isinstance(last.value, Unusable)
    assert last.value.reason == reason
    assert last.where == f"{name}:2"


def test_names_are_relative_to_the_shared_folder(tmp_path: Path) -> None:
    assert names_of([tmp_path / "a" / "x.csv", tmp_path / "b" / "x.csv"]) == ["a/x.csv", "b/x.csv"]
    assert names_of([tmp_path / "x.csv"]) == ["x.csv"]
    with pytest.raises(LimbeckError, match="named twice"):
        names_of([tmp_path / "x.csv", tmp_path / "a" / ".." / "x.csv"])


def test_reading_a_table_leaves_the_limit_of_others_as_it_was() -> None:
    before = csv.field_size_limit()
    assert len(read_delimited("text\n" + "y" * 200_000 + "\n", "t.csv", is_tsv=False)) == 1
    assert csv.field_size_limit() == before
