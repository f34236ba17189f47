"""What an encoder reads and its decoder writes, padded to fixed shapes.

B = rows, S = tokens read, T = tokens written.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

NO_LOSS = -100
"""What torch and transformers skip in a loss."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairBatch:
    """Tokens to read, which of them are there, and tokens to write, `NO_LOSS` where there is none."""

    read_BS: torch.Tensor
    present_BS: torch.Tensor
    written_BT: torch.Tensor


@dataclass(frozen=True, slots=True)
class Pair:
    """One row: what is read, and what is written for it."""

    read: Sequence[int]
    written: Sequence[int]


def collate(pairs: Sequence[Pair], *, read_width: int, written_width: int, pad_id: int) -> PairBatch:
    """Pad pairs to (B, `read_width`) and (B, `written_width`); none may be longer."""
    read_BS = np.full((len(pairs), read_width), pad_id, dtype=np.int64)
    present_BS = np.zeros((len(pairs), read_width), dtype=np.bool_)
    written_BT = np.full((len(pairs), written_width), NO_LOSS, dtype=np.int64)
    for b, pair in enumerate(pairs):
        read_BS[b, : len(pair.read)] = pair.read
        present_BS[b, : len(pair.read)] = True
        written_BT[b, : len(pair.written)] = pair.written
    return PairBatch(
        read_BS=torch.from_numpy(read_BS),
        present_BS=torch.from_numpy(present_BS),
        written_BT=torch.from_numpy(written_BT),
    )
