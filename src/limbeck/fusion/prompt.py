"""The one wording in which a question and its evidence reach a model, in training and in use.

A row ends in its own reference, so that what the model has read of the row can meet the token it
will copy: `Chad / capital =+98⟦3⟧`; a subject is written once for the rows that follow each other.
The marks tell how search found the row (decision 0001): subject named `=`, carried from an earlier
turn `^`, or by words only `?`; property named `+`, carried `~`, or not `-`; a passage `#`; then the
tenths of how likely the row answers and, for a fact, of how far that leads asking for nothing known; `!` where the
question names a value of the row.
Values stay out: a value is put in by reference and never written by the model (design §6). Only a
fact found by words shows some of its value, which may be all that the question names:
`Bhutan / currency / ngultrum ?-43⟦1⟧`.
"""

import unicodedata
from collections.abc import Mapping, Sequence

from limbeck.knowledge.evidence import Evidence

MAX_ROWS = 16
NONE = "⟦none⟧"
_LINK_MARK = {"named": "=", "carried": "^", "searched": "?"}
_MATCH_MARK = {"named": "+", "carried": "~", "none": "-"}
_PASSAGE_CHARS = {"en": 56, "zh": 24}
_VALUE_CHARS = {"en": 32, "zh": 16}
_QUESTION_CHARS = 240
_LEAST_FIT = 0.2
"""Of a passage: of those below, more than half do not answer (docs/experiments.md)."""
_LEAST_FOUND = {"named": 0.9, "carried": 0.9, "none": 0.6}
"""Of a fact found by words, by how its property was found: hardly one below answers (docs/experiments.md)."""


def reference(number: int, part: str | None = None) -> str:
    """Write a reference to row `number`: `⟦2⟧` for its value, `⟦2.subject⟧` for its subject."""
    return f"⟦{number}.{part}⟧" if part else f"⟦{number}⟧"


def reference_tokens() -> tuple[str, ...]:
    """Return every reference a model may write, so that a tokenizer can hold each as one token."""
    numbers = range(1, MAX_ROWS + 1)
    return (NONE, *(reference(n) for n in numbers), *(reference(n, "subject") for n in numbers))


def worth_reading(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Leave out what search takes for no answer; what is left may be nothing, which is refused unread."""
    return tuple(row for row in evidence[:MAX_ROWS] if _is_worth_reading(row))


def _is_worth_reading(row: Evidence) -> bool:
    if row.kind == "passage":
        return row.fit >= _LEAST_FIT
    return row.link != "searched" or row.fit >= _LEAST_FOUND[row.match]


def write_prompt(question: str, evidence: Sequence[Evidence], language: str) -> str:
    """Write the user's side of the turn: the question, then the numbered rows."""
    subjects = ["", *(row.subject.get(language) for row in evidence)]
    rows = [
        _row(number, row, language, repeated=row.subject.get(language) == subjects[number - 1])
        for number, row in enumerate(evidence[:MAX_ROWS], start=1)
    ]
    return "\n".join([unicodedata.normalize("NFC", question.strip())[:_QUESTION_CHARS], *rows])


def _row(number: int, row: Evidence, language: str, *, repeated: bool) -> str:
    head = f"{'' if repeated else row.subject.get(language)} / {row.property.get(language)}"
    if row.kind == "fact":
        found = f" / {_excerpt(row, language, _VALUE_CHARS)}" if row.link == "searched" else ""
        told = "!" if row.is_told else ""
        fits = f"{_tenths(row.fit)}{_tenths(row.lead)}"
        return f"{head}{found} {_LINK_MARK[row.link]}{_MATCH_MARK[row.match]}{fits}{told}{reference(number)}"
    return f"{head} / {_excerpt(row, language, _PASSAGE_CHARS)} #{_tenths(row.fit)}{reference(number)}"


def _tenths(share: float) -> int:
    return int(min(max(share, 0.0), 1.0) * 9.999)


def _excerpt(row: Evidence, language: str, limits: Mapping[str, int]) -> str:
    return " ".join(row.value.get(language)[: limits[language]].split())
