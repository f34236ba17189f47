"""A fact holds on its days; search, query and show say what holds today, and the clock is given."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from limbeck.core.errors import KnowledgeError
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.history import log_of
from limbeck.knowledge.stated import Addition, Stated
from limbeck.knowledge.validity import Validity


def on(day: str) -> Callable[[], datetime]:
    return lambda: datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC)


@contextmanager
def opened(path: Path, day: str, *, writable: bool = False) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.open(path, writable=writable, clock=on(day)) as base:
        yield base


def capital(path: Path, day: str) -> str:
    with opened(path, day) as base:
        return base.search("capital of Chad")[0].value.en


def test_a_dated_value_holds_on_its_days_and_the_old_one_on_all_others(base_path: Path) -> None:
    with opened(base_path, "2027-01-01", writable=True) as base:
        base.set("Chad", "capital", "Moundou", valid=Validity.of("2027-03-01", "2027-03-31"))
    days = {"2027-02-28": "N'Djamena", "2027-03-01": "Moundou", "2027-03-31": "Moundou", "2027-04-01": "N'Djamena"}
    assert {day: capital(base_path, day) for day in days} == days
    with opened(base_path, "2027-03-05") as base:
        assert base.search("Which country's capital is Moundou?")[0].subject.en == "Chad"
        assert not base.search("Which country's capital is N'Djamena?")
        assert [each.value.en for each in base.query("Chad -> capital").values] == ["Moundou"]
    with opened(base_path, "2027-04-05") as base:
        assert base.search("N'Djamena")[0].citation.source == "countries.csv"


def test_an_open_base_follows_the_day(base_path: Path) -> None:
    today = ["2027-01-01"]
    with opened(base_path, "2027-01-01", writable=True) as base:
        base.set("Chad", "capital", "Moundou", valid=Validity.of("2027-01-02"))
    with KnowledgeBase.open(base_path, clock=lambda: on(today[0])()) as base:
        assert base.search("capital of Chad")[0].value.en == "N'Djamena"
        today[0] = "2027-01-02"
        assert base.search("capital of Chad")[0].value.en == "Moundou"
        today[0] = "2027-01-01"
        assert base.search("capital of Chad")[0].value.en == "N'Djamena"


def test_a_subject_that_is_not_yet_there_says_nothing(base_path: Path) -> None:
    new = Addition(subject="Atlantis", values=(Stated(property="capital", value="Poseidonia"),), is_new=True)
    with opened(base_path, "2027-01-01", writable=True) as base:
        base.add(new, valid=Validity.of("2028-01-01"))
        assert base.search("capital of Atlantis") == ()
        assert "Atlantis" not in str(base.search("Poseidonia"))
    with opened(base_path, "2028-01-01") as base:
        assert base.search("capital of Atlantis")[0].value.en == "Poseidonia"


def test_all_days_are_seen_when_asked_for(base_path: Path) -> None:
    with opened(base_path, "2027-01-01", writable=True) as base:
        base.set("Chad", "capital", "Moundou", valid=Validity.of("2030-01-01"))
    with KnowledgeBase.open(base_path, clock=on("2027-01-01"), every_day=True) as base:
        said = [(fact.shown.en, fact.valid) for fact in base.facts().facts if fact.property.id == "capital"]
        assert said[:2] == [
            ("N'Djamena", Validity.of(end="2029-12-31")),
            ("Moundou", Validity.of("2030-01-01")),
        ]


def test_a_value_of_other_days_may_be_added_again(base_path: Path) -> None:
    with opened(base_path, "2027-01-01", writable=True) as base:
        base.set("Chad", "capital", "Moundou", valid=Validity.of(end="2027-12-31"))
        moundou = Addition(subject="Chad", values=(Stated(property="capital", value="Moundou"),))
        base.add(moundou, valid=Validity.of("2029-01-01"))
        with pytest.raises(KnowledgeError, match="is 'Moundou' already"):
            base.add(moundou, valid=Validity.of("2029-06-01", "2029-06-30"))


def test_the_log_tells_when_and_from_which_days(base_path: Path) -> None:
    with opened(base_path, "2027-01-01", writable=True) as base:
        base.set("Chad", "capital", "Moundou", valid=Validity.of("2030-01-01"))
    (edit,) = log_of(base_path)
    assert (edit.number, edit.operation, edit.at) == (1, "set Chad / capital", "2027-01-01T12:00:00+00:00")
    assert [(each.value.en, each.valid.text()) for each in edit.after] == [
        ("N'Djamena", "until 2029-12-31"),
        ("Moundou", "from 2030-01-01"),
    ]
