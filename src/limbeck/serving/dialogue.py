"""A conversation as frozen state: each answer gives the next state, nothing is changed in place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from limbeck.bundle.reply import Reply
from limbeck.bundle.turn import Turn

MAX_TURNS = 8
MAX_TURN_CHARS = 2000


class Answerer(Protocol):
    """Whoever answers a question in its context."""

    def ask(
        self, question: str, history: Sequence[Turn | str] = (), on_text: Callable[[str], None] | None = None
    ) -> Reply:
        """Answer one question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """The turns so far, oldest first, no more than a follow-up can need."""

    turns: tuple[Turn, ...] = ()

    def advance(self, question: str, answer: str) -> "Dialogue":
        """Return the dialogue with one more turn, the oldest dropped where it grows too long."""
        turn = Turn(question=question[:MAX_TURN_CHARS], answer=answer[:MAX_TURN_CHARS])
        return replace(self, turns=(*self.turns, turn)[-MAX_TURNS:])


def converse(
    dialogue: Dialogue, assistant: Answerer, question: str, on_text: Callable[[str], None] | None = None
) -> tuple[Dialogue, Reply]:
    """Ask the next question of a dialogue.

    Returns: the dialogue after it, and the reply.
    Raises: UsageError: the question is empty; the dialogue stays as it was.
    """
    reply = assistant.ask(question, dialogue.turns, on_text)
    said = "" if reply.answer.refused else reply.answer.text
    return dialogue.advance(question, said), reply
