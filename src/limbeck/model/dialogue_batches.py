"""Conversations in rows of one shape, packed where a network keeps them apart; a pure function of seed and step.

B = rows, T = tokens, N = tokens of the assistant.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from limbeck.core.errors import LimbeckError
from limbeck.model.marked_tokens import MarkedTokens, fault_of
from limbeck.model.packing import PackedBatch, lay_out, pack
from limbeck.model.pair_batches import Pair, PairBatch, collate


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How conversations become batches of one shape.

    "packed": as many in a row of `width` as fit, for causal decoders that keep them apart (`packing.keeps_apart`).
    "padded": one in each row, for the others.
    "pairs": for encoder-decoders; what comes before the first answer is read, the answer is written, and each side has
    a row of `width`.
    """

    width: int
    batch_size: int
    form: Literal["packed", "padded", "pairs"]
    pad_id: int


def dialogue_batches(
    rows: Sequence[MarkedTokens], first_step: int, *, layout: Layout, seed: int
) -> Iterator[PackedBatch | PairBatch]:
    """Yield batches for ever, starting at `first_step`; each epoch has another order and ends in a full batch.

    Raises: LimbeckError: a row cannot be learnt from; `marked_tokens.usable` sorts those out.
    """
    _check(rows, layout.width)
    lengths = [len(row.tokens) for row in rows]
    groups = pack(lengths, layout.width) if layout.form == "packed" else [[index] for index in range(len(rows))]
    per_epoch = -(-len(groups) // layout.batch_size)
    epoch, offset = divmod(first_step, per_epoch)
    while True:
        order = np.random.default_rng((seed, epoch)).permutation(len(groups))
        for number in range(offset, per_epoch):
            places = np.arange(number * layout.batch_size, (number + 1) * layout.batch_size)
            # the last batch is filled up from the first, so that every shape is the same
            chosen = [groups[place] for place in order.take(places, mode="wrap")]
            yield _batch([[rows[index] for index in group] for group in chosen], layout)
        epoch, offset = epoch + 1, 0


def _check(rows: Sequence[MarkedTokens], width: int) -> None:
    if not rows:
        raise LimbeckError("there are no conversations to learn from", where="dialogue", fix="give at least one")
    for number, row in enumerate(rows, start=1):
        fault = fault_of(row, width)
        if fault is not None:
            fix = "leave such rows out, or make the rows wider"
            raise LimbeckError(f"conversation {number} cannot be learnt from: {fault}", where="dialogue", fix=fix)


def _batch(groups: Sequence[Sequence[MarkedTokens]], layout: Layout) -> PackedBatch | PairBatch:
    if layout.form == "pairs":
        pairs = [_pair(group[0]) for group in groups]
        return collate(pairs, read_width=layout.width, written_width=layout.width, pad_id=layout.pad_id)
    laid_out = [lay_out([row.tokens for row in group], layout.width, layout.pad_id) for group in groups]
    tokens_BT = torch.tensor([tokens for tokens, _ in laid_out])
    is_answer_BT = torch.zeros(tokens_BT.shape, dtype=torch.bool)
    for b, group in enumerate(groups):
        marks = [mark for row in group for mark in row.is_answer]
        is_answer_BT[b, : len(marks)] = torch.tensor(marks)
    asked_N = is_answer_BT.reshape(-1).nonzero().flatten()
    return PackedBatch(
        tokens_BT=tokens_BT,
        positions_BT=torch.tensor([positions for _, positions in laid_out]),
        index_N=asked_N - 1,
        next_N=tokens_BT.reshape(-1)[asked_N],
    )


def _pair(row: MarkedTokens) -> Pair:
    start = row.answer_start
    stop = next((place for place in range(start, len(row.tokens)) if not row.is_answer[place]), len(row.tokens))
    return Pair(row.tokens[:start], row.tokens[start:stop])
