"""Dialogues: what a turn may look like, and the order that a model can learn from."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from limbeck.corpus.record import Message, Role
from limbeck.corpus.unusable import Unusable

_ROLES: Mapping[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "系统": "system",
    "用户": "user",
    "助手": "assistant",
}
_KEYS = {"messages": ("role", "content"), "ShareGPT": ("from", "value")}
_FIX_ORDER = "let user and assistant take turns, the user first and the assistant last; join turns of the same speaker"


def read_turns(turns: object, kind: str, system: str = "") -> tuple[Message, ...]:
    """Read a list of turns of OpenAI messages or of ShareGPT; `system` goes before them.

    Raises: Unusable: not a list of turns, an unknown role, a turn without text, or turns in no order.
    """
    if not isinstance(turns, list) or not turns:
        what = "the list of turns is empty" if turns == [] else "there is no list of turns"
        raise Unusable("no turns", what, fix="give every dialogue at least a user and an assistant turn")
    messages = [_turn(turn, number, _KEYS[kind]) for number, turn in enumerate(turns, start=1)]
    if system.strip():
        messages.insert(0, Message(role="system", content=system))
    return checked(messages)


def checked(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Return the messages of a dialogue that can be learnt from.

    Raises: Unusable: an empty turn, or turns that do not alternate from user to assistant.
    """
    for number, message in enumerate(messages, start=1):
        if not message.content.strip():
            reason = f"empty {message.role} turn"
            raise Unusable(reason, f"turn {number} is empty", fix="write what was said, or take the dialogue out")
    said = [(number, message.role) for number, message in enumerate(messages, start=1) if message.role != "system"]
    if not said:
        raise Unusable("no turns", "nothing but a system message", fix="add what the user and the assistant said")
    _check_order(said, len(messages))
    return tuple(messages)


def _check_order(said: Sequence[tuple[int, Role]], total: int) -> None:
    if total - len(said) > 1 or (total > len(said) and said[0][0] != 2):
        fix = "put one system message before everything else"
        raise Unusable("system message in the middle", "a system message stands after other turns", fix=fix)
    if said[0][1] == "assistant":
        raise Unusable("begins with the assistant", f"turn {said[0][0]} is the assistant's", fix=_FIX_ORDER)
    for (number, role), (following, other) in pairwise(said):
        if role == other:
            what = f"turns {number} and {following} are both the {role}'s"
            raise Unusable("roles do not alternate", what, fix=_FIX_ORDER)
    if said[-1][1] == "user":
        fix = "add the answer, or take the last turn out"
        raise Unusable("ends with the user", f"turn {said[-1][0]}, the last, is the user's", fix=fix)


def _turn(turn: object, number: int, keys: tuple[str, str]) -> Message:
    role_key, content_key = keys
    if not isinstance(turn, dict) or role_key not in turn or content_key not in turn:
        what = f"turn {number} has no {role_key!r} and {content_key!r}"
        raise Unusable("not a turn", what, fix=f"write every turn as {{{role_key!r}: …, {content_key!r}: …}}")
    role = _ROLES.get(turn[role_key].strip().casefold()) if isinstance(turn[role_key], str) else None
    if role is None:
        known = "system, user (human) and assistant (gpt)"
        fix = f"the roles are {known}; take out dialogues with tools or rename the role"
        raise Unusable("unknown role", f"turn {number} is by {turn[role_key]!r}", fix=fix)
    return Message(role=role, content=_content(turn[content_key], number))


def _content(content: object, number: int) -> str:
    if isinstance(content, str) or content is None:
        return content or ""
    parts = content if isinstance(content, list) else [content]
    texts = [part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text"]
    if len(texts) != len(parts) or not all(isinstance(text, str) for text in texts):
        fix = "give turns as text; pictures, sound and tool calls cannot be learnt from here"
        raise Unusable("not text", f"turn {number} holds something else than text", fix=fix)
    return "".join(str(text) for text in texts)
