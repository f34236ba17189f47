"""The practice handbook: every question points at a section that is there, or at none."""

import json
import re
from importlib.resources import files

import pytest

from limbeck.corpus.language import LANGUAGES

PRACTICE = files("limbeck.fusion") / "practice"


def read_questions(language: str) -> list[dict]:
    text = (PRACTICE / f"questions.{language}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def read_sections(language: str) -> set[tuple[str, str]]:
    return {
        (page.name, heading)
        for page in (PRACTICE / language).iterdir()
        for heading in re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_section_has_five_questions(language: str) -> None:
    found = read_sections(language)
    asked = [(row["page"], row["heading"]) for row in read_questions(language) if row["page"]]
    assert len(found) == 24 and set(asked) == found
    assert all(asked.count(section) == 5 for section in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_as_many_questions_have_no_answer(language: str) -> None:
    rows = read_questions(language)
    assert sum(row["page"] is None for row in rows) == 120
    assert len({row["question"] for row in rows}) == len(rows) == 240
