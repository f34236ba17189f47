"""Token ids of a conversation, and which of them the assistant wrote: on those alone falls the loss."""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer

from limbeck.core.errors import LimbeckError
from limbeck.model.dialogue_format import DialogueFormat
from limbeck.model.network_family import Kind

Messages = Sequence[Mapping[str, str]]
_WRITER = "assistant"


@dataclass(frozen=True, slots=True)
class MarkedTokens:
    """One row to learn from."""

    tokens: Sequence[int]
    is_answer: Sequence[bool]

    @property
    def answer_start(self) -> int:
        """Return where the first answer begins, the end of the row where there is none."""
        return next((place for place, is_answer in enumerate(self.is_answer) if is_answer), len(self.tokens))


def mark_answers(
    messages: Messages, form: DialogueFormat, words: Tokenizer, *, kind: Kind, end_id: int
) -> list[MarkedTokens]:
    """Write a conversation as its model will read it in use, and mark what it is to write.

    An answer is tokenised apart from its prompt, as in use, where the prompt is read first. An encoder reads its prompt
    with the special tokens of its tokenizer.
    Args:
        end_id: the token at which the model stops; it closes an answer where the format does not.
    Returns: one row where the format closes every answer and only ever appends; else one row for each answer.
    Raises: LimbeckError: the format does not write an answer behind the prompt that asks for it.
    """
    places = [place for place, message in enumerate(messages) if message["role"] == _WRITER]
    if kind == "seq2seq":
        return [
            _row(
                words.encode(form.render(messages[:place]), add_special_tokens=True).ids,
                words.encode(messages[place]["content"], add_special_tokens=False).ids,
                end_id,
            )
            for place in places
        ]
    texts = [_prompt_and_answer(messages, place, form) for place in places]
    answers = [_encode(words, answer) for _, answer in texts]
    if all(end_id in answer for answer in answers) and _only_appends(texts):
        return _one_row(texts, answers, words, end_id)
    return [_row(_encode(words, prompt), answer, end_id) for (prompt, _), answer in zip(texts, answers, strict=True)]


def usable(rows: Sequence[MarkedTokens], *, width: int) -> tuple[list[MarkedTokens], Counter[str]]:
    """Keep what can be learnt from, and count the rest by the reason it was left out.

    Args:
        width: the most tokens of a row.
    """
    kept, left_out = [], Counter[str]()
    for row in rows:
        reason = fault_of(row, width)
        if reason is None:
            kept.append(row)
        else:
            left_out[reason] += 1
    return kept, left_out


def fault_of(row: MarkedTokens, width: int) -> str | None:
    """Say why a row cannot be learnt from, None where it can."""
    if not any(row.is_answer):
        return "the assistant writes nothing in it"
    if row.answer_start == 0:
        return "nothing comes before its answer"
    return f"longer than {width} tokens" if len(row.tokens) > width else None


def _prompt_and_answer(messages: Messages, place: int, form: DialogueFormat) -> tuple[str, str]:
    prompt, whole = form.render(messages[:place]), form.render(messages[: place + 1], add_generation_prompt=False)
    if not whole.startswith(prompt):
        shown = f"the prompt ends in {prompt[-40:]!r}, and the conversation goes on {whole[len(prompt) - 40 :][:80]!r}"
        raise LimbeckError(
            f"the chat template does not write an answer behind its own prompt: {shown}",
            where=f"message {place + 1}",
            fix="use the chat template that the model was made with, or one that only appends",
        )
    return prompt, whole[len(prompt) :]


def _only_appends(texts: Sequence[tuple[str, str]]) -> bool:
    pairs = itertools.pairwise(texts)
    return all(later.startswith(prompt + answer) for (prompt, answer), (later, _) in pairs)


def _one_row(
    texts: Sequence[tuple[str, str]], answers: Sequence[list[int]], words: Tokenizer, end_id: int
) -> list[MarkedTokens]:
    tokens: list[int] = []
    is_answer: list[bool] = []
    written = ""
    for (prompt, text), answer in zip(texts, answers, strict=True):
        row = _row(_encode(words, prompt[len(written) :]), answer, end_id)
        tokens, is_answer, written = [*tokens, *row.tokens], [*is_answer, *row.is_answer], prompt + text
    return [MarkedTokens(tokens, is_answer)] if tokens else []


def _row(prompt: list[int], answer: list[int], end_id: int) -> MarkedTokens:
    """Mark an answer up to its end token; what a format writes after that is not the model's to write."""
    closed = answer if end_id in answer else [*answer, end_id]
    length = closed.index(end_id) + 1
    is_answer = [False] * len(prompt) + [True] * length + [False] * (len(closed) - length)
    return MarkedTokens([*prompt, *closed], is_answer)


def _encode(words: Tokenizer, text: str) -> list[int]:
    ids: list[int] = words.encode(text, add_special_tokens=False).ids
    return ids
