"""One exchange of a conversation."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What was asked and what was answered; an answer that is not known is empty."""

    question: str
    answer: str = ""
