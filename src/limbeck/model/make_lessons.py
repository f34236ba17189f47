"""From records to lessons: choose the objective and the length of a row, tokenise, set apart what teaches nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from limbeck.core.errors import LimbeckError, UsageError
from limbeck.corpus.record import Record
from limbeck.corpus.unusable import BadRow
from limbeck.model.base_model import Base
from limbeck.model.dialogue_format import DialogueFormat
from limbeck.model.lessons import OBJECTIVE_NAMES, Lessons, ObjectiveName
from limbeck.model.marked_tokens import MarkedTokens, fault_of, mark_answers
from limbeck.model.objectives import OBJECTIVES
from limbeck.model.text_batches import Stream

_TEXT_WIDTH = 256
_SHORTEST, _LONGEST = 16, 2048
_FITTING = 0.98
_ROUND = 32
_BOUNDS = 3
"""Special tokens that an objective may put around a row."""


def choose_objective(asked: ObjectiveName | None, base: Base, records: Sequence[Record]) -> tuple[ObjectiveName, str]:
    """Return what to learn from these records and why.

    Raises: UsageError: the model cannot learn what was asked for.
    """
    dialogues = sum(record.kind == "dialogue" for record in records)
    if asked is not None:
        if base.kind not in OBJECTIVES.load(asked).KINDS:
            known = ", ".join(name for name in OBJECTIVE_NAMES if base.kind in OBJECTIVES.load(name).KINDS)
            what = f"a {base.model_type} cannot learn by --objective {asked}"
            raise UsageError(what, where="limbeck train", fix=f"for this model: {known}")
        return asked, "as asked"
    told = f"{dialogues:,} of {len(records):,} records are dialogues"
    if base.kind == "masked":
        return "masked", f"a {base.model_type} reads, it does not write"
    if 2 * dialogues > len(records):
        return "dialogue", told
    if base.kind == "seq2seq":
        return ("infill", f"a {base.model_type}") if base.model_type == "bart" else ("span", f"a {base.model_type}")
    return "causal", told


def make_lessons(
    train: Sequence[Record], held_out: Sequence[Record], base: Base, objective: ObjectiveName, length: int | None
) -> Lessons:
    """Tokenise records for an objective.

    Args:
        length: tokens of a row; None chooses it from the data and the context of the model.
    Raises: LimbeckError: the model cannot write dialogues. UsageError: the length is beyond its context.
    """
    most = (base.context_tokens or _LONGEST) - (_BOUNDS if objective == "infill" else 0)
    if length is not None and length > most:
        raise UsageError(f"the model reads at most {most} tokens, not {length}", fix=f"--length {most} or less")
    if objective == "dialogue":
        return _dialogue(train, held_out, base, length=length, most=most)
    streams = [_stream(records, base) for records in (train, held_out)]
    return Lessons(
        objective=objective,
        width=length or _text_width(len(streams[0]), most),
        train=streams[0],
        held_out=streams[1],
        held_out_bytes=sum(len(_text(record).encode()) + 1 for record in held_out),
    )


def _text_width(num_tokens: int, most: int) -> int:
    """Rows of 256 tokens, shorter where the data has not four of them."""
    width = _TEXT_WIDTH
    while width > _SHORTEST and (width > most or 4 * width > num_tokens):
        width //= 2
    return min(width, most)


def _stream(records: Sequence[Record], base: Base) -> Stream:
    found = base.words.encode_batch([_text(record) for record in records], add_special_tokens=False)
    tokens = (token for one in found for token in (*one.ids, base.end_id))
    if base.words.get_vocab_size() <= 1 << 16:
        return np.fromiter(tokens, dtype=np.uint16)
    return np.fromiter(tokens, dtype=np.uint32)


def _text(record: Record) -> str:
    """Write a record as text; of a dialogue, what was said."""
    return "\n".join(record.passages)


def _dialogue(
    train: Sequence[Record], held_out: Sequence[Record], base: Base, *, length: int | None, most: int
) -> Lessons:
    form = base.dialogue_format()
    marked = [_marked(record, base, form) for record in train]
    width = length or _dialogue_width([len(row.tokens) for one in marked for row in one.rows], most)
    kept, left_out, shortened = _usable(marked, width)
    scored, left_out_held_out, _ = _usable([_marked(record, base, form) for record in held_out], width)
    return Lessons(
        objective="dialogue",
        width=width,
        train=kept,
        held_out=scored,
        held_out_bytes=sum(_answer_bytes(row, base.words) for row in scored),
        left_out=left_out,
        left_out_held_out=left_out_held_out,
        shortened=shortened,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marked:
    """A record as rows; without any, the reason."""

    record: Record
    rows: Sequence[MarkedTokens] = ()
    reason: str = ""
    what: str = ""


def _marked(record: Record, base: Base, form: DialogueFormat) -> _Marked:
    if record.kind == "text":
        return _Marked(record=record, reason="a text, not a dialogue", what=record.text[:60])
    messages = [{"role": message.role, "content": message.content} for message in record.messages]
    try:
        rows = mark_answers(messages, form, base.words, kind=base.kind, end_id=base.end_id)
    except LimbeckError as error:
        return _Marked(record=record, reason="does not fit the chat template", what=error.what)
    if not rows:
        return _Marked(record=record, reason="all prompt", what="the assistant writes nothing in it")
    return _Marked(record=record, rows=rows)


def _usable(marked: Sequence[_Marked], width: int) -> tuple[list[MarkedTokens], dict[str, list[BadRow]], Counter[str]]:
    """Return rows to learn from, records of which nothing is left, and answers left out of records that stay."""
    kept: list[MarkedTokens] = []
    left_out: dict[str, list[BadRow]] = {}
    shortened: Counter[str] = Counter()
    for one in marked:
        faults = [(fault_of(row, width), row) for row in one.rows]
        kept += [row for fault, row in faults if fault is None]
        bad = [(fault, f"{len(row.tokens)} tokens") for fault, row in faults if fault is not None]
        if len(bad) == len(one.rows):
            reason, what = bad[0] if bad else (one.reason, one.what)
            left_out.setdefault(reason, []).append(BadRow(where=one.record.where, what=what))
        else:
            shortened.update(f"answers left out: {fault}" for fault, _ in bad)
    return kept, left_out, shortened


def _dialogue_width(lengths: Sequence[int], most: int) -> int:
    """Rows that hold 98 % of the dialogues whole, up to the context of the model."""
    fitting = int(np.quantile(lengths, _FITTING, method="higher")) if len(lengths) else _ROUND
    return min(most, _LONGEST, max(_ROUND, -(-fitting // _ROUND) * _ROUND))


def _answer_bytes(row: MarkedTokens, words: Tokenizer) -> int:
    answer = [token for token, is_answer in zip(row.tokens, row.is_answer, strict=True) if is_answer]
    return len(words.decode(answer, skip_special_tokens=True).encode()) + 1
