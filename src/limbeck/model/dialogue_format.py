"""Write a conversation for a checkpoint: with its chat template, or as DialoGPT was taught, turn by turn.

DialoGPT (Zhang et al. 2019, https://arxiv.org/abs/1911.00536) has no template: turns follow each other, each closed by
the end token, and what comes after the last one is the answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from limbeck.core.errors import LimbeckError
from limbeck.model.chat_template import ChatTemplate


class DialogueFormat(Protocol):
    """A way to write messages as one prompt."""

    def render(self, messages: Sequence[Mapping[str, str]]) -> str:
        """Write messages as the text a model reads, up to where it answers."""


@dataclass(frozen=True, slots=True)
class ClosedTurns:
    """Every turn closed by the end token, whoever speaks."""

    end: str

    def render(self, messages: Sequence[Mapping[str, str]]) -> str:
        """Write the turns one after another."""
        return "".join(message["content"] + self.end for message in messages)


def choose_format(
    template: str | None, special_tokens: Mapping[str, str], *, model_type: str, where: str
) -> DialogueFormat:
    """Return the format of a checkpoint: its template, else closed turns for a GPT-2.

    Raises: LimbeckError: neither fits, or the template is broken.
    """
    if template is not None:
        return ChatTemplate(template, special_tokens)
    end = special_tokens.get("eos_token")
    if model_type == "gpt2" and end:
        return ClosedTurns(end)
    what = f"'{where}' ({model_type}) has no chat template: it was not made for dialogue"
    raise LimbeckError(
        what, where=where, fix="choose an instruct or chat model, or add a chat_template.jinja to the folder"
    )
