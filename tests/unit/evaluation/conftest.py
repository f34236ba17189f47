from collections.abc import Callable

import pytest

from limbeck.bundle.reply import Reply
from limbeck.fusion.answer import Answer, refusal
from limbeck.knowledge.evidence import Citation, Evidence, Label

ReplyWith = Callable[..., Reply]


class FakeNames:
    """Knows two countries by every name, and resolves a row to its cells."""

    names = (("Chad", "乍得", "TD"), ("United States", "US", "美国", "美"), ("Paris", "巴黎"), ("Lyon", "里昂"))
    rows = ("Chad,N'Djamena,恩贾梅纳,1284000",)

    def names_for(self, value: str) -> tuple[str, ...]:
        return next((group for group in self.names if value in group), (value,))

    def resolve(self, citation: Citation) -> str:
        return self.rows[(citation.row or 1) - 1]


def fact(subject: str, property_: str, value: str, value_zh: str = "", row: int = 1) -> Evidence:
    return Evidence(
        kind="fact",
        subject=Label(en=subject, zh=subject),
        property=Label(en=property_, zh=property_),
        property_id=property_,
        value=Label(en=value, zh=value_zh or value),
        link="named",
        match="named",
        coverage=1.0,
        citation=Citation(source="countries.csv", row=row),
    )


@pytest.fixture
def names() -> FakeNames:
    return FakeNames()


@pytest.fixture
def reply_with() -> ReplyWith:
    def make(text: str | None, *cited: Evidence, shown: tuple[Evidence, ...] = ()) -> Reply:
        answer = (
            refusal("en")
            if text is None
            else Answer(text=text, citations=tuple(row.citation for row in cited), evidence=cited, refused=False)
        )
        return Reply(answer=answer, language="en", timings_ms={"total": 5.0}, shown=(*cited, *shown))

    return make


@pytest.fixture
def fact_of() -> Callable[..., Evidence]:
    return fact
