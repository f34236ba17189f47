"""The atlas's held-out questions are well formed, half Chinese, and each answer stands in the atlas's own sources."""

import csv
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ATLAS = Path(__file__).parents[3] / "examples" / "atlas"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    id: str
    question: str
    answers: tuple[str, ...]
    history: tuple[str, ...]

    @property
    def language(self) -> str:
        return self.id.split("-")[0]


@pytest.fixture(scope="module")
def questions() -> tuple[Question, ...]:
    lines = (ATLAS / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(_question(json.loads(line)) for line in lines)


@pytest.fixture(scope="module")
def sources() -> str:
    return "\n".join([*_cells(), *_pages(), *_coded_values()])


def _question(item: dict[str, object]) -> Question:
    assert item.keys() <= {"id", "question", "answers", "history"}, item
    answers, history = item["answers"], item.get("history", [])
    assert isinstance(answers, list) and isinstance(history, list), item
    return Question(id=str(item["id"]), question=str(item["question"]), answers=tuple(answers), history=tuple(history))


def _cells() -> list[str]:
    with (ATLAS / "countries.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return [cell for row in rows for cell in row]


def _pages() -> list[str]:
    return [page.read_text(encoding="utf-8") for page in sorted((ATLAS / "handbook").glob("*.md"))]


def _coded_values() -> list[str]:
    mapping = tomllib.loads((ATLAS / "countries.toml").read_text(encoding="utf-8"))
    coded = [each["values"] for each in mapping["property"] if "values" in each]
    return [wording for values in coded for label in values.values() for wording in label.values()]


def _has_chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


def test_there_are_enough_questions_and_half_are_chinese(questions: tuple[Question, ...]) -> None:
    languages = [question.language for question in questions]
    assert len(questions) >= 300
    assert languages.count("zh") == languages.count("en") == len(questions) // 2


def test_the_id_names_the_language_the_question_is_in(questions: tuple[Question, ...]) -> None:
    wrong = [each.id for each in questions if _has_chinese(each.question) != (each.language == "zh")]
    assert wrong == []


def test_no_id_and_no_question_repeats(questions: tuple[Question, ...]) -> None:
    ids = [each.id for each in questions]
    asked = [(each.question, each.history) for each in questions]
    assert len(set(ids)) == len(ids)
    assert len(set(asked)) == len(asked)


def test_every_answer_stands_in_the_table_or_the_handbook(questions: tuple[Question, ...], sources: str) -> None:
    missing = [(each.id, answer) for each in questions for answer in each.answers if answer not in sources]
    blank = [each.id for each in questions if not all(answer.strip() for answer in each.answers)]
    assert missing == []
    assert blank == []


def test_a_handbook_answer_stands_in_a_page_of_the_same_language(questions: tuple[Question, ...]) -> None:
    pages = {
        language: "\n".join(page for page in _pages() if _has_chinese(page) == (language == "zh"))
        for language in ("en", "zh")
    }
    asked = [each for each in questions if "-handbook-" in each.id]
    assert asked
    assert [each.id for each in asked if not all(answer in pages[each.language] for answer in each.answers)] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_at_least_a_fifth_must_be_refused(questions: tuple[Question, ...], language: str) -> None:
    spoken = [each for each in questions if each.language == language]
    refused = [each for each in spoken if not each.answers]
    assert len(refused) >= len(spoken) / 5
    assert all("-refuse-" in each.id for each in refused)


def test_history_is_pairs_of_question_and_answer(questions: tuple[Question, ...]) -> None:
    assert any(each.history for each in questions)
    assert [each.id for each in questions if len(each.history) % 2] == []
    assert [each.id for each in questions if "-follow-" in each.id and not each.history] == []
