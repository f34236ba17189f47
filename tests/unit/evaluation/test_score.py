from collections.abc import Callable
from typing import Any

import pytest

from limbeck.bundle.reply import Reply
from limbeck.evaluation.questions import Question
from limbeck.evaluation.score import judge, measure

Make = Callable[..., Any]


def question(*answers: str, language: str = "en", kind: str = "fact") -> Question:
    return Question(id="q", text="q", answers=answers, language=language, kind=kind)


@pytest.mark.parametrize(
    ("text", "answers", "right"),
    [
        ("The capital of Chad is N'Djamena.", ("N'Djamena",), True),
        ("It is n’djamena.", ("Paris", "N'Djamena"), True),
        ("乍得的首都是恩贾梅纳。", ("恩贾梅纳",), True),
        ("It is 乍得.", ("Chad",), True),
        ("那是Chad。", ("乍得",), True),
        ("The area is 1,284,000 km².", ("1284000",), True),
        ("面积是128.4万平方公里。", ("1284000",), True),
        ("It is Paris.", ("N'Djamena",), False),
        ("It pays in 美元.", ("United States",), False),
        ("I will tell us.", ("United States",), False),
        ("It is Nigeria.", ("Niger",), False),
        ("N'Djamena", (), False),
        (None, ("N'Djamena",), False),
        (None, (), True),
    ],
)
def test_right_or_wrong(
    text: str | None, answers: tuple[str, ...], right: bool, reply_with: Make, fact_of: Make, names: Any
) -> None:
    cited = () if text is None else (fact_of("Chad", "capital", "N'Djamena"),)
    assert judge(question(*answers), reply_with(text, *cited), names).is_right is right


def test_a_citation_must_hold_the_answer(reply_with: Make, fact_of: Make, names: Any) -> None:
    by_value = reply_with("It is Lyon.", fact_of("X", "city", "Lyon"))
    by_alias = reply_with("It is Lyon.", fact_of("X", "city", "里昂"))
    by_row = reply_with("It is 1284000.", fact_of("Chad", "area", "large"))
    by_none = reply_with("It is Lyon.", fact_of("X", "city", "Berlin"))
    assert judge(question("Lyon"), by_value, names).is_cited
    assert judge(question("Lyon"), by_alias, names).is_cited
    assert judge(question("1,284,000"), by_row, names).is_cited
    assert not judge(question("Lyon"), by_none, names).is_cited


@pytest.mark.parametrize(
    ("text", "strays"),
    [
        ("The capital of Chad is N'Djamena.", ()),
        ("The capital of Chad is N'Djamena, not Paris.", ("Paris",)),
        ("乍得的首都是N'Djamena，不是巴黎。", ("乍得", "巴黎")),
        ("N'Djamena has 7 gates.", ("7",)),
        ("N'Djamena, unlike Lyon Airport.", ("Lyon",)),
        ("N'Djamena, not Berlin.", ("Berlin",)),
    ],
)
def test_a_value_from_no_cited_row_is_found(
    text: str, strays: tuple[str, ...], reply_with: Make, fact_of: Make, names: Any
) -> None:
    shown = (fact_of("Germany", "capital", "Berlin", row=2),)
    reply: Reply = reply_with(text, fact_of("Chad", "capital", "N'Djamena"), shown=shown)
    assert judge(question("N'Djamena"), reply, names).unsupported == strays


def test_a_number_of_a_cited_row_is_supported(reply_with: Make, fact_of: Make, names: Any) -> None:
    reply = reply_with(
        "Open 9:00 to 17:30, 23 kg free.", fact_of("Desk", "hours", "9:00 to 17:30"), fact_of("Bag", "w", "23 kg")
    )
    assert judge(question("23"), reply, names).unsupported == ()


def test_the_metrics_count_what_they_say(reply_with: Make, fact_of: Make, names: Any) -> None:
    good, other = fact_of("Chad", "capital", "N'Djamena"), fact_of("X", "city", "Berlin", row=1)
    cases = [
        (question("N'Djamena"), reply_with("It is N'Djamena.", good)),
        (question("Lyon"), reply_with("It is Lyon.", other)),
        (question("Lyon", language="zh"), reply_with("是Berlin。", other)),
        (question("Lyon", language="zh"), reply_with(None)),
        (question(kind="unknown"), reply_with(None)),
        (question(kind="unknown"), reply_with("It is N'Djamena.", good)),
    ]
    rows = {row.name: row for row in measure([judge(asked, reply, names) for asked, reply in cases])}
    values = {name: (row.value, row.n) for name, row in rows.items()}
    assert values == {
        "accuracy": (3 / 6, 6),
        "citation_accuracy": (1 / 2, 2),
        "cited_accuracy": (2 / 6, 6),
        "refusal_precision": (1 / 2, 2),
        "refusal_recall": (1 / 2, 2),
        "unsupported_values": (1, 6),
        "accuracy language=en": (3 / 4, 4),
        "accuracy language=zh": (0.0, 2),
        "accuracy kind=fact": (2 / 4, 4),
        "accuracy kind=unknown": (1 / 2, 2),
    }
    assert rows["unsupported_values"].met is False


def test_nothing_refused_and_nothing_to_refuse_has_no_share(reply_with: Make, fact_of: Make, names: Any) -> None:
    one = judge(question("Lyon"), reply_with("Lyon", fact_of("X", "c", "Lyon")), names)
    rows = {row.name: row.value for row in measure([one])}
    assert rows["refusal_precision"] is None and rows["refusal_recall"] is None and rows["accuracy"] == 1
