from collections.abc import Sequence
from dataclasses import replace

import pytest

from limbeck.corpus.questions import Question
from limbeck.fusion.blur import Blur
from limbeck.fusion.lessons import Classroom
from limbeck.knowledge.evidence import Citation, Evidence, Label

PERU = Evidence(
    kind="fact",
    subject=Label(en="Peru", zh="秘鲁"),
    property=Label(en="capital", zh="首都"),
    property_id="capital",
    value=Label(en="Lima", zh="利马"),
    link="named",
    match="none",
    coverage=1.0,
    likeness=0.9,
    citation=Citation(source="countries.csv", row=1),
)
ASKED = Question(text="How old is the capital of Peru?", language="en", kind="nested")
TOO_NEAR = "dropped: too near to tell"


def made(row: Evidence, question: Question, *, near_misses: bool = False) -> tuple[int, int]:
    def search(text: str, history: Sequence[str] = ()) -> tuple[Evidence, ...]:
        return (row,)

    blur = Blur(share=0.0, depth=0.0, seed=0)
    classroom = Classroom([search], {"capital": {"en": "{value}"}}, blur, near_misses=near_misses)
    return len(list(classroom.lessons([question]))), classroom.waterfall[TOO_NEAR]


@pytest.mark.parametrize("kind", ["nested", "unknown question", "unknown property", "follow unknown", "no passage"])
def test_what_a_row_nearly_answers_is_left_out(kind: str) -> None:
    assert made(PERU, replace(ASKED, kind=kind)) == (0, 1)


def test_a_network_that_reads_is_taught_near_misses() -> None:
    assert made(PERU, ASKED, near_misses=True) == (1, 0)


@pytest.mark.parametrize(
    "row", [replace(PERU, likeness=0.4), replace(PERU, coverage=0.2), replace(PERU, link="searched")]
)
def test_what_no_row_seems_to_answer_is_refused(row: Evidence) -> None:
    assert made(row, ASKED) == (1, 0)


def test_what_is_answered_stays_however_near(kind: str = "fact") -> None:
    asked = replace(ASKED, kind=kind, subject="Peru", property_id="capital")
    assert made(PERU, asked) == (1, 0)
