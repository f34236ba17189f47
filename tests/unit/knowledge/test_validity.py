import pytest

from limbeck.core.errors import KnowledgeError
from limbeck.knowledge.validity import ALWAYS, Validity

DAYS = [f"2027-01-{day:02}" for day in range(1, 8)]
SPANS = [Validity(start=start, end=end) for start in ("", *DAYS) for end in ("", *DAYS) if not end or start <= end]


def test_what_is_left_outside_is_each_day_of_the_one_and_not_the_other() -> None:
    for one in SPANS:
        for other in SPANS:
            pieces = list(one.outside(other))
            assert one.meets(other) == any(
                one.holds_on(day) and other.holds_on(day) for day in ("2026-12-31", *DAYS, "2027-01-08")
            )
            for day in ("2026-12-31", *DAYS, "2027-01-08"):
                left = sum(piece.holds_on(day) for piece in pieces)
                assert left == (one.holds_on(day) and not other.holds_on(day))


def test_days_are_written_out() -> None:
    assert ALWAYS.text() == ""
    assert Validity.of("2027-01-31", "2027-02-01").text() == "from 2027-01-31 until 2027-02-01"


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2027-02-30", "", "'2027-02-30' is no day"),
        ("", "20270131", "'20270131' is no day"),
        ("tomorrow", "", "'tomorrow' is no day"),
        ("2027-02-01", "2027-01-31", "before the first"),
    ],
)
def test_what_is_no_day_is_refused(start: str, end: str, said: str) -> None:
    with pytest.raises(KnowledgeError, match=said):
        Validity.of(start, end)


def test_no_day_comes_before_the_first_of_all() -> None:
    with pytest.raises(KnowledgeError, match="no calendar"):
        list(ALWAYS.outside(Validity(start="0001-01-01")))
