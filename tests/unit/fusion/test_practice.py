"""The practice handbook: every question points at a section that is there, or at none."""

import json
import re
from importlib.resources import files

import pytest

from limbeck.corpus.language import LANGUAGES

PRACTICE = files("limbeck.fusion") / "practice"
# Per language: sections, questions a section, questions without an answer.
COUNTS = {"en": (54, 9, 330), "zh": (54, 9, 330)}


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
def test_every_section_has_its_questions(language: str) -> None:
    sections, each, _ = COUNTS[language]
    found = read_sections(language)
    asked = [(row["page"], row["heading"]) for row in read_questions(language) if row["page"]]
    assert len(found) == sections and set(asked) == found
    assert all(asked.count(section) == each for section in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_other_questions_have_no_answer(language: str) -> None:
    sections, each, unanswered = COUNTS[language]
    rows = read_questions(language)
    assert sum(row["page"] is None for row in rows) == unanswered
    assert len({row["question"] for row in rows}) == len(rows) == sections * each + unanswered
