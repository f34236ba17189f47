"""From the messages of a request to a question and the turns before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from limbeck.corpus.language import LANGUAGES
from limbeck.fusion.answer import refusal
from limbeck.serving.api.body import Body
from limbeck.serving.api.failure import ApiError, unsupported
from limbeck.serving.dialogue import Dialogue

_REFUSALS = frozenset(refusal(language).text for language in LANGUAGES)


class TextPart(Body):
    """A part of a message; of its kinds only text is read here."""

    type: Literal["text", "image_url", "input_audio", "file", "refusal"]
    text: str | None = None
    refusal: str | None = None
    image_url: object = None
    input_audio: object = None
    file: object = None


class Message(Body):
    """One message; of what a client sends back of an answer, only the text counts."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[TextPart] | None = None
    name: str | None = None
    refusal: str | None = None
    tool_calls: list[object] | None = None
    tool_call_id: str | None = None
    function_call: object = None
    audio: object = None
    annotations: object = None
    citations: object = None
    refused: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The last question, what was said before it, and what of the messages has no effect."""

    question: str
    dialogue: Dialogue
    ignored: tuple[str, ...]


def read_messages(messages: Sequence[Message]) -> Asked:
    """Read a conversation that ends in a question.

    An answer that was a refusal counts as none, as in `limbeck chat`. Instructions of the system have no effect: a
    bundle answers from its knowledge, whatever it is told.
    Raises: ApiError: the last message asks nothing, or a message holds what cannot be read.
    """
    dialogue, pending, ignored = Dialogue(), None, []
    for number, message in enumerate(messages):
        text = _text_of(message, f"messages[{number}]")
        if message.role in ("system", "developer"):
            ignored.append(f"messages[{number}] ({message.role})")
        elif message.role == "user":
            if pending is not None:
                dialogue = dialogue.advance(pending, "")
            pending = text
        elif pending is not None:
            dialogue = dialogue.advance(pending, "" if text in _REFUSALS else text)
            pending = None
    if pending is None:
        raise ApiError(400, "the last message is to be a question of the user", code="invalid_value", param="messages")
    return Asked(question=pending, dialogue=dialogue, ignored=tuple(ignored))


def _text_of(message: Message, where: str) -> str:
    if message.role in ("tool", "function") or message.tool_calls or message.function_call:
        raise unsupported(where, "a bundle calls no tools")
    if message.audio is not None:
        raise unsupported(where, "only text is read")
    if isinstance(message.content, str):
        return message.content
    parts = message.content or []
    if odd := [part.type for part in parts if part.type not in ("text", "refusal")]:
        raise unsupported(where, f"only text is read, not {odd[0]}")
    return "".join(part.text or part.refusal or "" for part in parts)
