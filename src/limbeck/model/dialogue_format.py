"""Write a conversation for a checkpoint: with its chat template, or as models without one are asked.

DialoGPT (Zhang et al. 2019, https://arxiv.org/abs/1911.00536): turns follow each other, each closed by the end token,
and what comes after the last one is the answer. Encoder-decoders such as FLAN-T5 (Chung et al. 2022,
https://arxiv.org/abs/2210.11416) read an instruction as it is; earlier turns come before it, line by line.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from limbeck.core.errors import LimbeckError
from limbeck.model.chat_template import ChatTemplate


class DialogueFormat(Protocol):
    """A way to write messages as one prompt."""

    def render(self, messages: Sequence[Mapping[str, str]], add_generation_prompt: bool = True) -> str:
        """Write messages as the text a model reads, with the prompt for an answer up to where it begins."""


@dataclass(frozen=True, slots=True)
class ClosedTurns:
    """Every turn closed by the end token, whoever speaks."""

    end: str

    def render(self, messages: Sequence[Mapping[str, str]], add_generation_prompt: bool = True) -> str:
        """Write the turns one after another; nothing announces an answer."""
        return "".join(message["content"] + self.end for message in messages)


@dataclass(frozen=True, slots=True)
class Lines:
    """An instruction as it is; with a history, who says what, line by line."""

    def render(self, messages: Sequence[Mapping[str, str]], add_generation_prompt: bool = True) -> str:
        """Write the only message alone, several with the names of their roles."""
        if len(messages) == 1:
            return messages[0]["content"]
        lines = [f"{message['role']}: {message['content']}" for message in messages]
        return "\n".join([*lines, *(["assistant:"] if add_generation_prompt else [])])


def choose_format(
    template: str | None, special_tokens: Mapping[str, str], *, model_type: str, where: str, reads_apart: bool = False
) -> DialogueFormat:
    """Return the format of a checkpoint: its template, else closed turns for a GPT-2, lines for an encoder-decoder.

    Args:
        reads_apart: the checkpoint is an encoder-decoder.

    Raises: LimbeckError: neither fits, or the template is broken.
    """
    if template is not None:
        return ChatTemplate(template, special_tokens)
    if reads_apart:
        return Lines()
    end = special_tokens.get("eos_token")
    if model_type == "gpt2" and end:
        return ClosedTurns(end)
    what = f"'{where}' ({model_type}) has no chat template: it was not made for dialogue"
    raise LimbeckError(
        what, where=where, fix="choose an instruct or chat model, or add a chat_template.jinja to the folder"
    )
