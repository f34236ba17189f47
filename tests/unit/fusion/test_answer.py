from dataclasses import replace

import pytest

from limbeck.fusion.answer import render
from limbeck.fusion.prompt import NONE, reference, reference_tokens, worth_reading, write_prompt
from limbeck.knowledge.evidence import Citation, Evidence, Label


def fact(subject: str, property_id: str, value: str, *, row: int = 1, match: str = "named") -> Evidence:
    return Evidence(
        kind="fact",
        subject=Label(en=subject, zh=f"{subject}国"),
        property=Label(en=property_id, zh=f"{property_id}项"),
        property_id=property_id,
        value=Label(en=value, zh=f"{value}值"),
        link="named",
        match=match,  # type: ignore[arg-type]
        fit=1.0,
        lead=1.0,
        citation=Citation(source="t.csv", row=row),
    )


ROWS = (
    fact("Chad", "capital", "N'Djamena"),
    fact("Chad", "area", "1284000", match="none"),
    fact("Peru", "capital", "Lima", row=2),
)


def test_references_become_values_and_citations() -> None:
    answer = render("⟦1⟧\nThe capital of ⟦1.subject⟧ is ⟦1⟧.", ROWS, "en")
    assert answer.text == "The capital of Chad is N'Djamena."
    assert answer.citations == (Citation(source="t.csv", row=1),)
    assert not answer.refused


def test_a_reference_renders_in_the_language_of_the_question() -> None:
    assert render("⟦3⟧\n⟦3.subject⟧的首都是⟦3⟧。", ROWS, "zh").text == "Peru国的首都是Lima值。"


def test_whatever_is_not_backed_by_a_row_is_refused() -> None:
    for written in (
        "",
        "Lima",
        NONE,
        "⟦1⟧",
        "⟦9⟧\nIt is ⟦9⟧.",
        "⟦1⟧\nIt is ⟦2⟧.",
        "It is ⟦1⟧.",
        "⟦1⟧\n⟦1.subject⟧ is nice.",
        "⟦1⟧\nIt is ⟦1⟧ since 1960",
        "⟦1⟧\nIt is ⟦1⟧ and ⟦x⟧",
        f"⟦1⟧\nIt is ⟦1⟧ {NONE}",
    ):
        answer = render(written, ROWS, "en")
        assert answer.refused and not answer.citations, written


def test_prompt_numbers_rows_and_never_shows_values() -> None:
    prompt = write_prompt("  capital of Chad? ", ROWS, "en")
    assert prompt == "capital of Chad?\nChad / capital =+99⟦1⟧\n / area =-99⟦2⟧\nPeru / capital =+99⟦3⟧"
    assert "N'Djamena" not in prompt


def test_every_reference_has_its_own_token() -> None:
    tokens = reference_tokens()
    assert len(set(tokens)) == len(tokens) == 33
    assert reference(2, "subject") in tokens


FORMS = {
    "capital": "The capital of {subject} is {value}.",
    "area": "{value} is the area of {subject}.",
    "": "From {subject}: {value}",
}


def test_the_rows_own_sentence_is_said_whatever_the_model_wrote() -> None:
    crossed = "⟦2⟧\nThe capital of ⟦2.subject⟧ is ⟦2⟧."
    assert render(crossed, ROWS, "en").text == "The capital of Chad is 1284000."
    assert render(crossed, ROWS, "en", FORMS).text == "1284000 is the area of Chad."
    assert render("⟦1⟧\nFrom ⟦1.subject⟧: ⟦1⟧", ROWS, "en", FORMS).text == "The capital of Chad is N'Djamena."
    assert render("⟦1⟧\nThat would be ⟦1⟧.", ROWS, "en", FORMS).text == "The capital of Chad is N'Djamena."


def test_a_sentence_stays_where_the_base_has_none() -> None:
    assert render("⟦1⟧\nThat would be ⟦1⟧.", ROWS, "en", {"area": "…"}).text == "That would be N'Djamena."


def test_an_answer_may_rest_on_several_rows() -> None:
    answer = render("⟦1⟧⟦3⟧\n⟦1⟧, ⟦3⟧", ROWS, "en", FORMS)
    assert answer.text == "The capital of Chad is N'Djamena. The capital of Peru is Lima."
    assert [citation.row for citation in answer.citations] == [1, 2]


@pytest.mark.parametrize(
    ("row", "is_kept"),
    [
        (replace(ROWS[1], fit=0.0), True),
        (replace(ROWS[1], link="searched", fit=0.61), True),
        (replace(ROWS[1], link="searched", fit=0.59), False),
        (replace(ROWS[0], link="searched", fit=0.89), False),
        (replace(ROWS[0], link="searched", fit=0.91), True),
        (replace(ROWS[1], kind="passage", link="searched", fit=0.21), True),
        (replace(ROWS[1], kind="passage", link="searched", fit=0.19), False),
    ],
)
def test_what_search_takes_for_no_answer_stays_unread(row: Evidence, is_kept: bool) -> None:
    assert worth_reading((ROWS[0], row)) == ((ROWS[0], row) if is_kept else (ROWS[0],))
