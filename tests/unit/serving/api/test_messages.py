from limbeck.bundle.turn import Turn
from limbeck.fusion.answer import refusal
from limbeck.serving.api.messages import Message, read_messages
from limbeck.serving.dialogue import MAX_TURNS


def said(role: str, text: str) -> Message:
    return Message(role=role, content=text)  # type: ignore[arg-type]


def test_turns_are_those_of_the_chat() -> None:
    asked = read_messages(
        [
            said("assistant", "How can I help?"),
            said("user", "one"),
            said("assistant", "first"),
            said("user", "two"),
            said("user", "three"),
            said("assistant", "third"),
            said("user", "four"),
        ]
    )
    assert asked.question == "four"
    assert asked.dialogue.turns == (
        Turn(question="one", answer="first"),
        Turn(question="two", answer=""),
        Turn(question="three", answer="third"),
    )


def test_an_answer_that_was_a_refusal_is_none() -> None:
    for language in ("en", "zh"):
        asked = read_messages([said("user", "a"), said("assistant", refusal(language).text), said("user", "b")])
        assert asked.dialogue.turns == (Turn(question="a", answer=""),)


def test_only_so_many_turns_are_kept() -> None:
    talk = [said(role, f"{number}") for number in range(20) for role in ("user", "assistant")]
    asked = read_messages([*talk, said("user", "last")])
    assert len(asked.dialogue.turns) == MAX_TURNS
    assert asked.dialogue.turns[-1] == Turn(question="19", answer="19")
