import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from limbeck.knowledge.build import build
from limbeck.knowledge.linking import Linker
from limbeck.knowledge.reading import QuestionReader, Reading
from limbeck.knowledge.source import Source
from limbeck.knowledge.statements import Statements


@pytest.fixture
def reader(folder: Path, sources: list[Source]) -> Iterator[QuestionReader]:
    table = (folder / "countries.csv").read_text(encoding="utf-8")
    table = table.replace("N'Djamena,恩贾梅纳", "North America City,北美城").replace("Nairobi", "Kenya City")
    (folder / "countries.csv").write_text(table, encoding="utf-8")
    build(sources, folder / "knowledge.sqlite")
    with closing(sqlite3.connect(folder / "knowledge.sqlite")) as connection:
        yield QuestionReader(Linker(connection), Statements(connection))


def read(reader: QuestionReader, question: str) -> Reading:
    reading = reader.read(question)
    return reader.told(reading, reading.entities)


def told(reading: Reading) -> list[tuple[str, str]]:
    return [(row.subject.en, row.property_name) for row in reading.told.values()]


@pytest.mark.parametrize("question", ["What is spoken in Chad beside French?", "乍得除了法语还说什么"])
def test_a_value_that_is_stated_is_told_of_its_subject(reader: QuestionReader, question: str) -> None:
    reading = read(reader, question)
    assert told(reading) == [("Chad", "languages")]
    assert {"french", "法语"} & {*reading.content}, "passages may still be found by it"


def test_a_subject_inside_a_stated_value_is_no_subject(reader: QuestionReader) -> None:
    assert len(reader.read("Is North America City in Chad?").entities) == 2
    reading = read(reader, "Is North America City in Chad?")
    assert reading.names == ("chad",) and told(reading) == [("Chad", "capital")]


def test_a_subject_is_not_a_value_of_itself_nor_of_another(reader: QuestionReader) -> None:
    both = read(reader, "Does Chad border Libya?")
    assert both.names == ("chad", "libya") and not both.told
    assert not read(reader, "What is the capital of Kenya?").told
    assert told(read(reader, "Is Kenya City the capital?")) == []
