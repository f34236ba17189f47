from collections.abc import Callable
from pathlib import Path

import pytest

from limbeck.core.errors import SourceError
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.build import build
from limbeck.knowledge.evidence import Citation
from limbeck.knowledge.source import Source

Read = Callable[..., KnowledgeBase]


def test_a_mapping_gives_labels_answers_and_questions(base: KnowledgeBase) -> None:
    schema = base.schema()
    capital = schema.properties[0]
    assert schema.kinds == (("country", "国家"),)
    assert schema.entities[0] == ("Chad", "乍得")
    assert [known.id for known in schema.properties] == ["capital", "currency", "neighbours", "area", "languages"]
    assert capital.labels == {"en": ("capital", "capital city", "seat of government"), "zh": ("首都", "首府")}
    assert capital.answer["zh"] == "{subject}的首都是{value}。"
    assert capital.questions["en"] == ("Which city governs {subject}?",)
    assert schema.properties[1].answer["en"] == "The currency of {subject} is {value}."


def test_headers_alone_are_enough(read_table: Read) -> None:
    with read_table(
        "name,name_zh,aliases,main_city,main_city_zh,langs\nChad,乍得,TD,Ndj,恩,a;b\nKenya,肯,,N,内,c\n"
    ) as base:
        schema = base.schema()
        assert [(known.id, known.labels["en"]) for known in schema.properties] == [
            ("main_city", ("main city",)),
            ("langs", ("langs",)),
        ]
        assert base.search("main city of TD")[0].value.zh == "恩"
        assert base.search("langs of Chad")[0].value.en == "a and b"


def test_a_chinese_table_needs_no_english(read_table: Read) -> None:
    with read_table("名称,首都\n乍得,恩贾梅纳\n肯尼亚,内罗毕\n") as base:
        assert base.search("乍得的首都")[0].value.zh == "恩贾梅纳"
        assert base.schema().entities[0] == ("乍得", "乍得")


def test_coded_values_are_spelled_out(read_table: Read) -> None:
    mapping = """
[[property]]
id = "coast"
column = "landlocked"
values = { yes = { en = "landlocked", zh = "内陆国家" }, no = { en = "coastal", zh = "沿海国家" } }
"""
    with read_table("name,landlocked\nChad,yes\nKenya,no\n", mapping) as base:
        assert (base.search("coast of Chad")[0].value.zh, base.search("coast of Kenya")[0].value.en) == (
            "内陆国家",
            "coastal",
        )


def test_lists_that_do_not_pair_up_stay_one_value(read_table: Read) -> None:
    with read_table("name,name_zh,langs,langs_zh\nChad,乍得,a;b,甲\nKenya,肯尼亚,c;d,丙;丁\n") as base:
        assert (base.search("langs of Chad")[0].value.en, base.search("langs of Chad")[0].value.zh) == ("a, b", "甲")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.tsv", "name\tcapital\nChad\tN'Djamena, city\n"),
        ("t.csv", "name;capital\nChad;N'Djamena, city\n"),
        ("t.csv", '\ufeffname,capital\r\nChad,"N\'Djamena, city"\r\n'),
        ("t.csv", 'name,capital\n\nChad,"N\'Djamena, city"\n,\n'),
    ],
)
def test_delimiters_marks_and_blank_lines(read_table: Read, name: str, content: str) -> None:
    with read_table(content, name=name) as base:
        first = base.search("capital of Chad")[0]
        assert first.value.en == "N'Djamena, city"
        assert base.resolve(first.citation) == "name: Chad\ncapital: N'Djamena, city"


@pytest.mark.parametrize("encoding", ["gb18030", "gbk", "utf-16", "utf-8-sig"])
def test_chinese_encodings_are_detected(read_table: Read, encoding: str) -> None:
    rows = ["名称,首都,货币", "乍得,恩贾梅纳,中非法郎", "肯尼亚,内罗毕,肯尼亚先令", "利比亚,的黎波里,利比亚第纳尔"]
    with read_table("\n".join(rows).encode(encoding)) as base:
        assert base.search("利比亚的首都在哪里")[0].value.zh == "的黎波里"


def test_a_cell_with_line_breaks_keeps_row_numbers(read_table: Read) -> None:
    with read_table('name,note\nChad,"two\nlines"\nKenya,one\n') as base:
        assert base.search("note of Kenya")[0].citation == Citation(source="t.csv", row=2)


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("name,a,b\nCh\x07ad,1,2\n,3,4\n\n", encoding="utf-8")
    (tmp_path / "t.toml").write_text('[[property]]\nid = "a"\n', encoding="utf-8")
    source = Source(kind="table", location=tmp_path / "t.csv", root=tmp_path, options={"mapping": "t.toml"})
    report = build([source], tmp_path / "k.sqlite")
    assert report.dropped == {
        "blank row": 1,
        "column not in the mapping: b": 1,
        "control character": 1,
        "row without a subject": 1,
    }
    assert (report.rows, report.facts, report.entities) == (1, 1, 1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name,capital\nChad\nKenya,Nairobi\nLibya,a,b\n", ["2 ragged", "t.csv:2: 1 cells", "t.csv:4: 3 cells"]),
        ('name,note\nChad,"two\nlines"\nKenya\n', ["t.csv:4: 1 cells"]),
        ("name,capital\nChad,a\nKenya,b\nCHAD,c\n", ["t.csv:4", "'CHAD' stands already in line 2"]),
        ("name,capital,capital\nChad,a,b\n", ["'capital' appears twice"]),
        ("name,\nChad,a\n", ["column 2 has no name"]),
        ("name,capital\n", ["no rows"]),
        ("", ["empty"]),
        (" \n \n", ["empty"]),
        ("\x00\x00", ["empty"]),
        ('name,note\nChad,x\nKenya,"' + "y" * 1_000_000 + '"\n', ["t.csv:3", "131072 characters"]),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, ["not a text file"]),
    ],
)
def test_bad_tables_are_refused_with_their_place(read_table: Read, content: str | bytes, said: list[str]) -> None:
    with pytest.raises(SourceError) as caught:
        read_table(content)
    assert all(each in str(caught.value) for each in [*said, "t.csv", "fix:"])


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ('[[property]]\nid = "c"\ncolumn = "captal"\n', "unknown column 'captal' in property, did you mean 'capital'?"),
        ('[subject]\ncolum = "name"\n', "unknown key 'colum' in [subject], did you mean 'column'?"),
        ('[subjects]\ncolumn = "name"\n', "unknown key 'subjects' in the mapping, did you mean 'subject'?"),
        ('[[property]]\nid = "capital"\nanswer = "{subjct}"\n', "may use {subject}, {value} only"),
        ('[[property]]\nid = "capital"\nanswer = "{subject}."\n', "has no {value}"),
        ("[property]\nid = 1\n", "must be written [[property]]"),
        ("not toml", "not TOML"),
    ],
)
def test_bad_mappings_name_the_nearest(read_table: Read, mapping: str, said: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_table("name,capital\nChad,a\n", mapping)
    assert said in str(caught.value)
    assert "t.toml" in str(caught.value)


def test_a_missing_mapping_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("name,a\nChad,1\n", encoding="utf-8")
    source = Source(kind="table", location=tmp_path / "t.csv", root=tmp_path, options={"mapping": "none.toml"})
    with pytest.raises(SourceError, match=r"none\.toml"):
        build([source], tmp_path / "k.sqlite")
