from collections.abc import Sequence
from dataclasses import replace

import pytest

from limbeck.corpus.questions import VALUE, Question
from limbeck.fusion.blur import Blur
from limbeck.fusion.lessons import Classroom, ReadingLesson
from limbeck.knowledge.evidence import Citation, Evidence, Label

ANSWERS = {"currency": {"en": "{subject} uses {value}."}}
ASKED = Question(
    text=f"Which country pays with the {VALUE}?",
    language="en",
    kind="inverse",
    subject="Bhutan",
    property_id="currency",
)


VALUES = {
    ("Bhutan", "currency"): tuple(Label(en=each, zh=each) for each in ("Bhutanese ngultrum", "Indian rupee")),
}


def row(subject: str, value: str) -> Evidence:
    return Evidence(
        kind="fact",
        subject=Label(en=subject, zh=subject),
        property=Label(en="currency", zh="货币"),
        property_id="currency",
        value=Label(en=value, zh=value),
        link="searched",
        match="none",
        fit=1.0,
        lead=1.0,
        citation=Citation(source="countries.csv", row=1),
    )


BHUTAN, INDIA = row("Bhutan", "Bhutanese ngultrum and Indian rupee"), row("India", "Indian rupee")


class Searched:
    """Finds the same rows for every question, and keeps the questions."""

    def __init__(self, *rows: Evidence) -> None:
        self.rows = rows
        self.questions: list[str] = []

    def __call__(self, question: str, history: Sequence[str] = ()) -> tuple[Evidence, ...]:
        self.questions.append(question)
        return self.rows


def lessons(searches: Sequence[Searched], *questions: Question) -> tuple[list[ReadingLesson], Classroom]:
    classroom = Classroom(searches, VALUES, ANSWERS, Blur(share=0.0, depth=0.0, seed=0))
    return list(classroom.lessons(questions)), classroom


def test_a_question_names_one_of_several_values_or_only_its_last_word() -> None:
    searched = Searched(BHUTAN)
    asked = [replace(ASKED, text=f"{number}: the {VALUE}?") for number in range(200)]
    made, _ = lessons([searched], *asked)
    named = {question.rpartition("the ")[2].rstrip("?") for question in searched.questions if ": the" in question}
    assert named == {"Bhutanese ngultrum", "Indian rupee", "ngultrum", "rupee"}
    assert len(made) == 200 and all(each.matches == (True,) for each in made)


def test_a_value_that_two_subjects_hold_teaches_nothing() -> None:
    asked = [replace(ASKED, text=f"{number}: the {VALUE}?") for number in range(200)]
    made, classroom = lessons([Searched(BHUTAN, INDIA)], *asked)
    assert made and all("rupee" not in each.prompt.splitlines()[0] for each in made)
    assert classroom.waterfall["dropped: several answers (inverse)"] == 200 - len(made) > 0


def test_a_subject_without_a_value_teaches_nothing() -> None:
    made, classroom = lessons([Searched(BHUTAN)], replace(ASKED, subject="Chad"))
    assert not made and classroom.waterfall["dropped: no value to name (inverse)"] == 1


@pytest.mark.parametrize("fold", [0, 1])
def test_a_question_is_searched_by_what_has_not_seen_its_wording(fold: int) -> None:
    searches = [Searched(BHUTAN), Searched(BHUTAN)]
    lessons(searches, replace(ASKED, fold=fold))
    assert searches[fold].questions and not searches[1 - fold].questions
