"""Prompt and completion, with or without an instruction, a history and a system message, as a dialogue."""

from limbeck.corpus.layouts.chat import checked
from limbeck.corpus.layouts.fields import optional_text_in, text_in
from limbeck.corpus.reading.row import Fields
from limbeck.corpus.record import Message
from limbeck.corpus.unusable import Unusable

_INPUT_OF = {"指令": "输入"}


def read_pair(fields: Fields, prompt: str, completion: str) -> tuple[Message, ...]:
    """Make a dialogue of two messages, after the row's `system` where it has one.

    Raises: Unusable: a field is missing, empty or not text.
    """
    return _dialogue(fields, [], text_in(fields, prompt), text_in(fields, completion))


def read_alpaca(fields: Fields, instruction: str, output: str) -> tuple[Message, ...]:
    """Make a dialogue of instruction and input, a blank line between, and output; `history` holds earlier turns.

    Raises: Unusable: a field is missing, empty or not text.
    """
    given = optional_text_in(fields, _INPUT_OF.get(instruction, "input")).strip()
    asked = text_in(fields, instruction) + (f"\n\n{given}" if given else "")
    return _dialogue(fields, _history(fields), asked, text_in(fields, output))


def _dialogue(fields: Fields, earlier: list[Message], asked: str, answer: str) -> tuple[Message, ...]:
    system = optional_text_in(fields, "system") if isinstance(fields.get("system"), str) else ""
    before = [Message(role="system", content=system)] if system.strip() else []
    turns = [Message(role="user", content=asked), Message(role="assistant", content=answer)]
    return checked([*before, *earlier, *turns])


def _history(fields: Fields) -> list[Message]:
    earlier: list[Message] = []
    turns = fields.get("history")
    for turn in turns if isinstance(turns, list) else []:
        if not (isinstance(turn, list) and len(turn) == 2 and all(isinstance(said, str) for said in turn)):
            fix = "write history as a list of [question, answer]"
            raise Unusable("not a turn", "a turn of 'history' is no pair of texts", fix=fix)
        earlier += [Message(role="user", content=turn[0]), Message(role="assistant", content=turn[1])]
    return earlier
