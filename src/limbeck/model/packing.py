"""Pack documents of many lengths into rows of one: each keeps positions of its own and sees nothing of its neighbours.

B = rows, T = tokens, V = vocabulary.
"""

import inspect
from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel

_PROBED = ((3, 1, 4, 1, 5), (2, 7, 1, 8))
_CLOSE = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedBatch:
    """Rows of documents, the place of each token in its own, and the flat indices (into B*T) whose next token is asked.

    Where a position is 0, another document begins; what is left of a row is documents of one pad token each.
    """

    tokens_BT: torch.Tensor
    positions_BT: torch.Tensor
    index_N: torch.Tensor
    next_N: torch.Tensor


def pack(lengths: Sequence[int], width: int) -> list[list[int]]:
    """Put documents into rows: the longest first, each where it leaves the least room; none may be longer than a row.

    Source: best-fit decreasing, as in Ding et al. 2024, https://arxiv.org/abs/2404.10830
    """
    rows: list[list[int]] = []
    rooms: list[tuple[int, int]] = []
    for document in sorted(range(len(lengths)), key=lambda index: (-lengths[index], index)):
        found = bisect_left(rooms, (lengths[document], -1))
        if found == len(rooms):
            rows.append([])
            room, row = width, len(rows) - 1
        else:
            room, row = rooms.pop(found)
        rows[row].append(document)
        insort(rooms, (room - lengths[document], row))
    return rows


def lay_out(documents: Sequence[Sequence[int]], width: int, pad_id: int) -> tuple[list[int], list[int]]:
    """Write documents one after another; return the tokens and the positions of a row."""
    tokens = [token for document in documents for token in document]
    positions = [place for document in documents for place in range(len(document))]
    left = width - len(tokens)
    return [*tokens, *[pad_id] * left], [*positions, *[0] * left]


def reading(batch: PackedBatch) -> dict[str, Any]:
    """Return what a causal network is given so that it keeps documents apart.

    It finds their borders in the positions, but only without an attention mask and without a cache.
    """
    return {"input_ids": batch.tokens_BT, "position_ids": batch.positions_BT, "use_cache": False}


@torch.no_grad()  # type: ignore[untyped-decorator]
def keeps_apart(network: PreTrainedModel) -> bool:
    """Tell whether packed documents get the logits they get alone: asked of the network itself, not of a list."""
    if "position_ids" not in inspect.signature(network.forward).parameters:
        return False
    was_training = network.training
    network.eval()
    tokens, positions = lay_out(_PROBED, sum(map(len, _PROBED)) + 1, 0)
    given = {"input_ids": torch.tensor([tokens]), "position_ids": torch.tensor([positions]), "use_cache": False}
    given = {name: value.to(network.device) if torch.is_tensor(value) else value for name, value in given.items()}
    packed_TV = network(**given).logits[0].float().cpu().numpy()
    alone = [network(torch.tensor([each], device=network.device), use_cache=False) for each in _PROBED]
    network.train(was_training)
    alone_TV = np.concatenate([out.logits[0].float().cpu().numpy() for out in alone])
    apart = np.abs(packed_TV[: len(alone_TV)] - alone_TV).max()
    return bool(apart <= _CLOSE * max(1.0, float(np.abs(alone_TV).max())))
