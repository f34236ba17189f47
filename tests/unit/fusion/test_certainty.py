from dataclasses import replace

import pytest

from limbeck.fusion.answer import render
from limbeck.fusion.certainty import (
    SURE_FIT,
    SURE_LEAD,
    SURE_PASSAGE_FIT,
    UNLIKELY_FIT,
    is_unlikely,
    sure_answer,
)
from limbeck.knowledge.evidence import Citation, Evidence, Label

AREA = Evidence(
    kind="fact",
    subject=Label(en="Chad", zh="乍得"),
    property=Label(en="area", zh="面积"),
    property_id="area",
    value=Label(en="1284000 km²", zh="1284000平方公里"),
    link="named",
    match="none",
    fit=SURE_FIT,
    citation=Citation(source="t.csv", row=7),
)
CAPITAL = replace(AREA, property_id="capital", property=Label(en="capital", zh="首都"), fit=0.1)
PASSAGE = replace(AREA, kind="passage", link="searched", property_id="", fit=0.2)


@pytest.mark.parametrize("link", ["named", "carried"])
@pytest.mark.parametrize("beside", [(), (CAPITAL,), (CAPITAL, PASSAGE)])
def test_the_fact_that_search_is_sure_of_is_told_and_cited(link: str, beside: tuple[Evidence, ...]) -> None:
    rows = (*beside, replace(AREA, link=link))
    written = sure_answer([replace(row, link=link) if row.kind == "fact" else row for row in rows])
    assert written is not None
    answer = render(written, rows, "zh", {"area": "{subject}的面积是{value}。"})
    assert (answer.text, answer.citations) == ("乍得的面积是1284000平方公里。", (Citation(source="t.csv", row=7),))


def test_a_fact_whose_property_is_named_is_sure_where_nothing_else_is_likely_asked_for() -> None:
    assert sure_answer((CAPITAL, replace(AREA, match="named", lead=SURE_LEAD))) == "⟦2⟧\n⟦2⟧"


def test_a_property_that_is_named_and_hardly_asked_for_stands_in_no_way() -> None:
    rows = (replace(CAPITAL, match="named", fit=UNLIKELY_FIT - 0.01), AREA)
    assert sure_answer(rows) == "⟦2⟧\n⟦2⟧"
    assert is_unlikely(rows[:1], rows) and not is_unlikely(rows[1:], rows) and not is_unlikely(rows, rows)
    assert not is_unlikely([replace(CAPITAL, link="searched", fit=0.0)], rows)


def test_a_passage_is_unlikely_beside_one_of_more_than_twice_its_fit() -> None:
    better, near = replace(PASSAGE, fit=2.1 * PASSAGE.fit), replace(PASSAGE, fit=1.9 * PASSAGE.fit)
    assert is_unlikely([PASSAGE], [better, PASSAGE])
    assert not is_unlikely([PASSAGE], [near, PASSAGE]) and not is_unlikely([near], [near, PASSAGE])


def test_a_passage_is_sure_where_search_found_nothing_else() -> None:
    rows = (PASSAGE, replace(PASSAGE, fit=SURE_PASSAGE_FIT))
    assert sure_answer(rows) == "⟦2⟧\n⟦2⟧"
    assert sure_answer((*rows, CAPITAL)) is None


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (replace(PASSAGE, fit=SURE_PASSAGE_FIT - 0.01),),
        (replace(AREA, fit=SURE_FIT - 0.01), CAPITAL),
        (replace(AREA, link="searched"), CAPITAL),
        (AREA, replace(CAPITAL, match="named", fit=UNLIKELY_FIT)),
        (replace(AREA, match="named", lead=SURE_LEAD - 0.01), CAPITAL),
        (replace(AREA, match="named", lead=1.0), replace(CAPITAL, match="named", fit=UNLIKELY_FIT)),
        (replace(AREA, match="carried"), CAPITAL),
        (AREA, replace(CAPITAL, subject=Label(en="Peru", zh="秘鲁"))),
        (AREA, replace(PASSAGE, fit=SURE_FIT + 0.1)),
    ],
)
def test_search_is_sure_of_nothing_else(rows: tuple[Evidence, ...]) -> None:
    assert sure_answer(rows) is None
