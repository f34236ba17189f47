"""The days on which a fact holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from limbeck.core.errors import KnowledgeError

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """From the first day to the last, both included, as `2027-01-31`; an empty side is open."""

    start: str = ""
    end: str = ""

    @staticmethod
    def of(start: str = "", end: str = "") -> "Validity":
        """Return checked days.

        Raises: KnowledgeError: no such day, or the last day is before the first.
        """
        found = Validity(start=_day(start), end=_day(end))
        if found.end and found.end < found.start:
            raise KnowledgeError(f"the last day, {end}, is before the first, {start}", fix="swap the two days")
        return found

    def holds_on(self, day: str) -> bool:
        """Tell whether a day is among these."""
        return self.start <= day and (not self.end or day <= self.end)

    def meets(self, other: "Validity") -> bool:
        """Tell whether some day is among both."""
        return (not self.end or other.start <= self.end) and (not other.end or self.start <= other.end)

    def outside(self, other: "Validity") -> Iterator["Validity"]:
        """Yield what is left of these days without the others: up to two pieces, or these where they never meet."""
        if not self.meets(other):
            yield self
            return
        if other.start > self.start:
            yield Validity(start=self.start, end=_moved(other.start, -_DAY))
        if other.end and (not self.end or other.end < self.end):
            yield Validity(start=_moved(other.end, _DAY), end=self.end)

    def text(self) -> str:
        """Write the days for a person; nothing where both sides are open."""
        sides = (f"from {self.start}" if self.start else "", f"until {self.end}" if self.end else "")
        return " ".join(side for side in sides if side)


ALWAYS = Validity()


def _day(written: str) -> str:
    if not written:
        return ""
    try:
        day = date.fromisoformat(written)
    except ValueError:
        day = None
    if day is None or day.isoformat() != written:
        raise KnowledgeError(f"{written!r} is no day", fix="write year, month and day as 2027-01-31")
    return written


def _moved(day: str, by: timedelta) -> str:
    try:
        return (date.fromisoformat(day) + by).isoformat()
    except OverflowError as error:
        raise KnowledgeError(f"no calendar goes beyond {day}", fix="leave this side open") from error
