"""From tokenised lessons to padded batches, in an order that seed and step alone decide."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

_BATCHES_SORTED_TOGETHER = 32
_PAD_MULTIPLE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One training sequence: loss falls on tokens from `answer_start` on and on each row's match label."""

    tokens: Sequence[int]
    answer_start: int
    row_positions: Sequence[int]
    row_matches: Sequence[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Padded tokens, and the flat indices (into B*T) where losses fall. N = answer tokens, R = rows."""

    tokens_BT: torch.Tensor
    answer_index_N: torch.Tensor
    answer_token_N: torch.Tensor
    row_index_R: torch.Tensor
    row_match_R: torch.Tensor


def batch_order(lengths: Sequence[int], *, batch_size: int, seed: int, epoch: int) -> list[list[int]]:
    """Shuffle an epoch into batches of like length; a pure function of its arguments."""
    random = np.random.default_rng((seed, epoch))
    shuffled = random.permutation(len(lengths))
    span = batch_size * _BATCHES_SORTED_TOGETHER
    batches: list[list[int]] = []
    for start in range(0, len(shuffled), span):
        block = sorted(shuffled[start : start + span].tolist(), key=lambda index: (lengths[index], index))
        batches += [block[i : i + batch_size] for i in range(0, len(block), batch_size)]
    return [batches[index] for index in random.permutation(len(batches))]


def lesson_batches(lessons: Sequence[Lesson], first_step: int, *, batch_size: int, seed: int) -> Iterator[Batch]:
    """Yield batches for ever, starting at `first_step` of the run that `seed` names."""
    lengths = [len(lesson.tokens) for lesson in lessons]
    per_epoch = -(-len(lessons) // batch_size)
    epoch, offset = divmod(first_step, per_epoch)
    while True:
        for chosen in batch_order(lengths, batch_size=batch_size, seed=seed, epoch=epoch)[offset:]:
            yield collate([lessons[index] for index in chosen])
        epoch, offset = epoch + 1, 0


def collate(lessons: Sequence[Lesson], pad_id: int = 0) -> Batch:
    """Pad lessons to one length and flatten where their losses fall."""
    width = -(-max(len(lesson.tokens) for lesson in lessons) // _PAD_MULTIPLE) * _PAD_MULTIPLE
    tokens_BT = np.full((len(lessons), width), pad_id, dtype=np.int64)
    answer_index: list[int] = []
    row_index: list[int] = []
    for b, lesson in enumerate(lessons):
        tokens_BT[b, : len(lesson.tokens)] = lesson.tokens
        answer_index += [b * width + t - 1 for t in range(lesson.answer_start, len(lesson.tokens))]
        row_index += [b * width + position for position in lesson.row_positions]
    flat = tokens_BT.reshape(-1)
    index_N = np.asarray(answer_index, dtype=np.int64)
    return Batch(
        tokens_BT=torch.from_numpy(tokens_BT),
        answer_index_N=torch.from_numpy(index_N),
        answer_token_N=torch.from_numpy(flat[index_N + 1]),
        row_index_R=torch.tensor(row_index, dtype=torch.int64),
        row_match_R=torch.tensor([match for lesson in lessons for match in lesson.row_matches], dtype=torch.float32),
    )
