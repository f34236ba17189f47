"""Rows to records: every layout in both languages, and every wrong shape by its reason."""

from collections.abc import Mapping
from typing import Any

import pytest

from limbeck.core.errors import LimbeckError
from limbeck.corpus.layouts.layout import layout_of
from limbeck.corpus.layouts.mapping import FieldMapping
from limbeck.corpus.layouts.recognise import recognise, to_record
from limbeck.corpus.reading.row import FileRows, Row
from limbeck.corpus.record import Record
from limbeck.corpus.unusable import Unusable

NONE = FieldMapping()
PAIR = (("user", "What is ice?"), ("assistant", "Frozen water."))
CHINESE_PAIR = (("user", "冰是什么？"), ("assistant", "冻住的水。"))


def messages(*turns: tuple[str, str]) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content} for role, content in turns]}


def sharegpt(*turns: tuple[str, str]) -> dict[str, Any]:
    return {"conversations": [{"from": role, "value": content} for role, content in turns]}


def file_of(*values: Mapping[str, object] | str) -> FileRows:
    rows = tuple(Row(where=f"f:{number}", value=value) for number, value in enumerate(values, start=1))
    return FileRows(name="f", form="JSONL", encoding="utf-8", rows=rows)


def record_of(value: Mapping[str, object] | str, mapping: FieldMapping = NONE) -> Record:
    file = file_of(value)
    return to_record(file.rows[0], recognise(file, mapping), mapping)


def turns_of(record: Record) -> tuple[tuple[str, str], ...]:
    assert record.kind == "dialogue"
    assert record.text == ""
    return tuple((message.role, message.content) for message in record.messages)


@pytest.mark.parametrize("pair", [PAIR, CHINESE_PAIR])
def test_every_layout_of_a_pair_becomes_the_same_dialogue(pair: tuple[tuple[str, str], tuple[str, str]]) -> None:
    (_, asked), (_, answer) = pair
    layouts = [
        {"prompt": asked, "completion": answer},
        {"Question": asked, "Answer": answer, "id": 3, "source": "a book"},
        {"问题": asked, "回答": answer},
        {"instruction": asked, "input": "", "output": answer},
        {"指令": asked, "输出": answer},
        {"left": asked, "right": answer, "score": "5.0"},
        messages(*pair),
        sharegpt(("human", asked), ("gpt", answer)),
        {"conversations": messages(*pair)["messages"]},
        messages(("User", asked), ("assistant", answer)),
        {"messages": [{"from": "用户", "value": asked}, {"from": "助手", "value": answer}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": asked}]}, messages(*pair)["messages"][1]]},
    ]
    for layout in layouts:
        assert turns_of(record_of(layout)) == pair, layout


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("A bare line.", "A bare line."),
        ({"text": "一段话。", "id": 1}, "一段话。"),
        ({"内容": "一段话。", "标题": "题"}, "一段话。"),
        ({"quote": "To be.", "year": "1603"}, "To be."),
    ],
)
def test_texts_are_found_by_name_or_as_the_only_text(value: Mapping[str, object] | str, text: str) -> None:
    record = record_of(value)
    assert (record.kind, record.text, record.messages, record.where) == ("text", text, (), "f:1")


def test_an_input_follows_the_instruction_and_system_and_history_go_before() -> None:
    row = {
        "instruction": "翻译成英文",
        "input": "冰",
        "output": "ice",
        "system": "Be brief.",
        "history": [["hi", "hello"]],
    }
    assert turns_of(record_of(row)) == (
        ("system", "Be brief."),
        ("user", "hi"),
        ("assistant", "hello"),
        ("user", "翻译成英文\n\n冰"),
        ("assistant", "ice"),
    )
    assert turns_of(record_of({**sharegpt(("human", "q"), ("gpt", "a")), "system": "S"}))[0] == ("system", "S")


def test_the_statement_says_what_was_recognised() -> None:
    assert str(layout_of({"q": "a", "a": "b"}, NONE)) == "pairs (q → a)"
    assert str(layout_of({"mr": "a", "ref": "b"}, NONE)) == "pairs (mr → ref), guessed"
    assert str(layout_of(messages(*PAIR), NONE)) == "OpenAI messages (messages: role, content)"
    assert str(layout_of(sharegpt(("human", "x")), NONE)) == "ShareGPT (conversations: from, value)"


@pytest.mark.parametrize(
    ("mapping", "value", "layout"),
    [
        (FieldMapping(text="title"), {"title": "T", "text": "B"}, "text (title)"),
        (FieldMapping(prompt="b", completion="a"), {"a": "1", "b": "2", "c": "3"}, "pairs (b → a)"),
        (FieldMapping(messages="talk"), {"talk": messages(*PAIR)["messages"], "text": "x"}, "OpenAI messages (talk"),
    ],
)
def test_a_mapping_goes_before_names(mapping: FieldMapping, value: dict[str, object], layout: str) -> None:
    assert str(recognise(file_of(value), mapping)).startswith(layout)


def test_a_mapping_must_be_of_one_kind_and_whole() -> None:
    with pytest.raises(LimbeckError, match="a prompt needs its completion"):
        FieldMapping(prompt="q")
    with pytest.raises(LimbeckError, match="not two of them"):
        FieldMapping(text="t", messages="m")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"a": "x", "b": "y", "c": "z"}, "cannot tell what the rows of f are: their fields are a, b, c"),
        ({"prompt": "x", "chosen": "y", "rejected": "z"}, "their fields are prompt, chosen, rejected"),
        ({"题": "x", "甲": "y", "乙": "z"}, "their fields are 题, 甲, 乙"),
        ({}, "no fields"),
    ],
)
def test_unknown_fields_are_named(value: dict[str, object], told: str) -> None:
    with pytest.raises(LimbeckError) as caught:
        recognise(file_of(value), NONE)
    assert told in caught.value.what
    assert caught.value.where == "f:1"
    assert "--prompt FIELD --completion FIELD" in str(caught.value.fix)


def test_a_field_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(LimbeckError) as caught:
        recognise(file_of({"title": "T", "body": "B"}), FieldMapping(text="titles"))
    assert caught.value.fix == "did you mean 'title'?"


@pytest.mark.parametrize("says", ["hi", "你好"])
@pytest.mark.parametrize(
    ("roles", "reason", "what"),
    [
        ("user assistant user", "ends with the user", "turn 3, the last, is the user's"),
        ("user", "ends with the user", "turn 1, the last, is the user's"),
        ("assistant user assistant", "begins with the assistant", "turn 1 is the assistant's"),
        ("user user assistant", "roles do not alternate", "turns 1 and 2 are both the user's"),
        ("system user assistant assistant", "roles do not alternate", "turns 3 and 4 are both the assistant's"),
        ("user system assistant", "system message in the middle", "stands after other turns"),
        ("system system user assistant", "system message in the middle", "stands after other turns"),
        ("system", "no turns", "nothing but a system message"),
        ("user tool assistant", "unknown role", "turn 2 is by 'tool'"),
        ("user 3 assistant", "unknown role", "turn 2 is by '3'"),
    ],
)
def test_turns_out_of_order_are_told(says: str, roles: str, reason: str, what: str) -> None:
    with pytest.raises(Unusable) as caught:
        record_of(messages(*((role, says) for role in roles.split())))
    assert caught.value.reason == reason
    assert what in caught.value.what
    assert caught.value.fix


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (messages(("user", "hi"), ("assistant", " ")), "empty assistant turn"),
        (messages(("user", "　"), ("assistant", "你好")), "empty user turn"),
        ({"messages": []}, "no turns"),
        ({"messages": ["hi"]}, "not a turn"),
        ({"messages": [{"message": "你好"}]}, "not a turn"),
        ({"messages": [{"role": None, "content": "x"}]}, "unknown role"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "not text"),
        ({"question": "q", "answer": None}, "missing field"),
        ({"question": "问", "answer": " "}, "empty text"),
        ({"question": "q", "answer": ["a"]}, "not text"),
        ({"text": True}, "not text"),
        ({"instruction": "q", "output": "a", "history": ["x"]}, "not a turn"),
    ],
)
def test_what_cannot_be_learnt_from_is_told(value: dict[str, object], reason: str) -> None:
    with pytest.raises(Unusable) as caught:
        record_of(value)
    assert caught.value.reason == reason


def test_numbers_are_written_out() -> None:
    assert turns_of(record_of({"question": "6 × 7?", "answer": 42}))[1] == ("assistant", "42")


def test_rows_of_another_layout_are_told_apart() -> None:
    alpaca = {"instruction": "q", "output": "a"}
    file = file_of(messages(*PAIR), messages(*CHINESE_PAIR), alpaca, "bare", {"text": "t"})
    layout = recognise(file, NONE)
    assert layout.kind == "messages"
    for row in file.rows[2:]:
        with pytest.raises(Unusable) as caught:
            to_record(row, layout, NONE)
        assert caught.value.reason == "another layout"
    with pytest.raises(Unusable, match="another layout"):
        to_record(file.rows[0], recognise(file_of("a", "b"), NONE), NONE)
