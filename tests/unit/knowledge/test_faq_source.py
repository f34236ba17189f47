"""Questions with answers: the question is the heading, the answer the text, one answer a question."""

from pathlib import Path

import pytest

from limbeck.core.errors import SourceError
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.build import build
from limbeck.knowledge.source import ChunkRead, Dropped, FileRead, Record, Source
from limbeck.knowledge.sources import faq

TABLE = (
    "question,answer,question_zh,answer_zh\n"
    "When is the desk open?,From nine to five.,服务台几点开门？,九点到五点。\n"
    "Who has the keys?,The porter.,,\n"
)
LETTERED = "Q: When is the desk open?\nA: From nine to five.\n\n问：谁有钥匙？\n答：门卫。\n在一楼。\n"
PAGE = """# Travel desk

## When is the desk open?

From nine to five.

```
## no question in here
```

### Who has the keys?
The porter.

## Nothing below

## 谁有钥匙？
门卫。
"""


def save(folder: Path, name: str, content: str) -> Path:
    (folder / name).write_text(content, encoding="utf-8")
    return folder / name


def read(path: Path, **options: object) -> list[Record]:
    return list(faq.read(path, options))


def pairs(path: Path, **options: object) -> list[tuple[str, str]]:
    return [(record.heading, record.text) for record in read(path, **options) if isinstance(record, ChunkRead)]


def test_a_table_with_both_languages_gives_a_pair_for_each(tmp_path: Path) -> None:
    path = save(tmp_path, "desk-questions.csv", TABLE)
    assert pairs(path) == [
        ("When is the desk open?", "From nine to five."),
        ("服务台几点开门？", "九点到五点。"),
        ("Who has the keys?", "The porter."),
    ]
    chunks = [record for record in read(path) if isinstance(record, ChunkRead)]
    assert {chunk.title for chunk in chunks} == {"desk questions"}
    assert [chunk.language for chunk in chunks] == ["en", "zh", "en"]
    assert Dropped(reason="row without a question", count=1) in read(path)


def test_json_lines_and_columns_of_other_names(tmp_path: Path) -> None:
    path = save(tmp_path, "a.jsonl", '{"ask": "Who?", "say": "The porter.", "n": 1}\n')
    assert pairs(path, question="ask", answer="say") == [("Who?", "The porter.")]
    with pytest.raises(SourceError, match="no column 'question'; the table has: ask, say, n") as caught:
        pairs(path)
    assert "question = 'ask'" in str(caught.value)


def test_headings_are_questions_and_spans_are_those_of_the_page(tmp_path: Path) -> None:
    path = save(tmp_path, "a.md", PAGE)
    found = pairs(path)
    assert [question for question, _ in found] == ["When is the desk open?", "Who has the keys?", "谁有钥匙？"]
    assert found[0][1].endswith("```\n## no question in here\n```")
    chunks = [record for record in read(path) if isinstance(record, ChunkRead)]
    assert all(PAGE[chunk.start : chunk.stop] == chunk.text for chunk in chunks)
    assert {chunk.title for chunk in chunks} == {"Travel desk"}
    assert Dropped(reason="question without an answer", count=1) in read(path)


def test_lettered_questions_lose_their_letters(tmp_path: Path) -> None:
    path = save(tmp_path, "a.md", LETTERED)
    assert pairs(path) == [("When is the desk open?", "From nine to five."), ("谁有钥匙？", "门卫。\n在一楼。")]
    bold = save(tmp_path, "b.md", "**Q: Who?**\n\n**A:** The porter.\n")
    assert pairs(bold) == [("Who?", "The porter.")]


def test_a_long_answer_is_several_passages_of_one_question(tmp_path: Path) -> None:
    path = save(tmp_path, "a.md", "## How?\n\n" + "First do this, then do that at the desk. " * 30)
    found = pairs(path)
    assert len(found) > 2 and {question for question, _ in found} == {"How?"}


@pytest.mark.parametrize(
    ("name", "content", "places"),
    [
        ("a.csv", "question,answer\nWho?,A\nwho ?,B\n", ["a.csv:3: 'who ?'", "at", "a.csv:2"]),
        (
            "a.jsonl",
            '{"question": "谁？", "answer": "甲"}\n{"question": "谁", "answer": "乙"}\n',
            ["a.jsonl:2", "a.jsonl:1"],
        ),
        ("a.md", "## Who?\nA\n\n## Who?\nB\n", ["a.md:4", "a.md:1"]),
    ],
)
def test_two_answers_to_one_question_are_refused(tmp_path: Path, name: str, content: str, places: list[str]) -> None:
    with pytest.raises(SourceError, match="a question has two answers") as caught:
        read(save(tmp_path, name, content))
    assert all(place in str(caught.value) for place in places)


def test_a_question_that_is_repeated_is_kept_once(tmp_path: Path) -> None:
    path = save(tmp_path, "a.csv", "question,answer\nWho?,A\nWho?,A\n")
    assert pairs(path) == [("Who?", "A")]
    assert Dropped(reason="repeated question", count=1) in read(path)


def test_a_page_without_questions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no question with an answer"):
        read(save(tmp_path, "a.md", "# Title\n\nText.\n"))


def test_the_question_finds_its_answer(tmp_path: Path) -> None:
    path = save(tmp_path, "a.csv", TABLE)
    build([Source(kind="faq", location=path, root=tmp_path)], tmp_path / "k.sqlite")
    with KnowledgeBase.open(tmp_path / "k.sqlite") as base:
        found = base.search("谁知道服务台几点开门？")[0]
        assert (found.value.zh, found.property.zh) == ("九点到五点。", "服务台几点开门？")
        assert base.resolve(found.citation) == "九点到五点。"
    assert isinstance(read(path)[0], FileRead)
