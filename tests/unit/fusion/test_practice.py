"""The practice handbook: every section is asked for in many ways, and other questions have no answer there."""

import re
from collections import Counter
from pathlib import Path

import pytest

from limbeck.corpus.language import LANGUAGES
from limbeck.corpus.schema import FOLDS
from limbeck.fusion.practice_pages import practice_questions, practice_source
from limbeck.knowledge.answer_kind import kinds_asked, leaves_open

SECTIONS, LEAST_ASKED, UNANSWERED = 54, 20, 330
"""Of each language: sections, wordings a section, questions without an answer."""


def sections(language: str) -> set[tuple[str, str]]:
    return {
        (page.name, heading)
        for page in (practice_source().location / language).iterdir()
        for heading in re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_section_is_asked_for_in_every_fold(language: str) -> None:
    found = sections(language)
    asked = [each for each in practice_questions() if each.language == language and each.heading]
    counts = Counter((each.page, each.heading) for each in asked)
    assert len(found) == SECTIONS and set(counts) == found
    assert min(counts.values()) >= LEAST_ASKED
    assert len({(each.page, each.heading, each.fold) for each in asked}) == SECTIONS * FOLDS


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_other_questions_have_no_answer_and_no_question_stands_twice(language: str) -> None:
    rows = [each for each in practice_questions() if each.language == language]
    assert sum(each.kind == "no passage" and not each.page for each in rows) == UNANSWERED
    assert len({each.text for each in rows}) == len(rows)


def test_no_question_has_its_answer_where_the_only_thing_asked_for_is_not_told() -> None:
    folder = practice_source().location
    text = {
        (page.name, heading): f"{heading}\n{body}"
        for page in folder.rglob("*.md")
        for heading, body in re.findall(r"^## (.+?)$(.+?)(?=^## |\Z)", _seen(page), flags=re.MULTILINE | re.DOTALL)
    }
    kinds = {each: kinds_asked(each.text) for each in practice_questions()}
    assert not [each.text for each in kinds if each.heading and leaves_open(text[each.page, each.heading], kinds[each])]
    assert [each for each in kinds if not each.heading and leaves_open("", kinds[each])]


def _seen(page: Path) -> str:
    return re.sub(r"<!--.*?-->", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
