from collections.abc import Callable, Sequence

import pytest

from limbeck.bundle.reply import Reply
from limbeck.bundle.turn import Turn
from limbeck.core.errors import UsageError
from limbeck.fusion.answer import Answer, refusal
from limbeck.serving.dialogue import MAX_TURN_CHARS, MAX_TURNS, Dialogue, converse


class Echo:
    """Answers with the number of turns it was given, and refuses a question mark alone."""

    def __init__(self) -> None:
        self.heard: list[tuple[Turn | str, ...]] = []

    def ask(
        self, question: str, history: Sequence[Turn | str] = (), on_text: Callable[[str], None] | None = None
    ) -> Reply:
        if not question:
            raise UsageError("empty")
        self.heard.append(tuple(history))
        answer = Answer(text=f"after {len(history)}", citations=(), evidence=(), refused=False)
        return Reply(answer=refusal("en") if question == "?" else answer, language="en", timings_ms={}, shown=())


def test_each_answer_knows_the_turns_before_it() -> None:
    dialogue, echo = Dialogue(), Echo()
    for number in range(3):
        dialogue, reply = converse(dialogue, echo, f"question {number}")
        assert reply.answer.text == f"after {number}"
    assert echo.heard[2] == (
        Turn(question="question 0", answer="after 0"),
        Turn(question="question 1", answer="after 1"),
    )


def test_advancing_leaves_the_dialogue_before_as_it_was() -> None:
    first = Dialogue().advance("a", "b")
    second = first.advance("c", "d")
    assert len(first.turns) == 1 and len(second.turns) == 2


def test_a_long_talk_keeps_its_newest_turns() -> None:
    dialogue = Dialogue()
    for number in range(MAX_TURNS + 5):
        dialogue = dialogue.advance(f"{number}", "x" * 10 * MAX_TURN_CHARS)
    assert [turn.question for turn in dialogue.turns] == [str(number) for number in range(5, MAX_TURNS + 5)]
    assert len(dialogue.turns[0].answer) == MAX_TURN_CHARS


def test_a_refusal_is_no_answer_to_follow_up_on() -> None:
    dialogue, _ = converse(Dialogue(), Echo(), "?")
    assert dialogue.turns == (Turn(question="?", answer=""),)


def test_a_wrong_question_does_not_become_a_turn() -> None:
    dialogue = Dialogue().advance("a", "b")
    with pytest.raises(UsageError):
        converse(dialogue, Echo(), "")
    assert len(dialogue.turns) == 1
