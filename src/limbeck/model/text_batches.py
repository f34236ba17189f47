"""Windows of one long stream of tokens, to learn a language from; a pure function of seed and step."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

Stream = npt.NDArray[np.uint16] | npt.NDArray[np.uint32]
"""Token ids in one row; a vocabulary above 65 536 needs the wider kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """How a stream is cut: `share` of the positions carry a loss, which saves most of a large head's work."""

    width: int
    batch_size: int
    share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBatch:
    """Tokens, and the flat indices (into B*T) whose next token is asked for. N = positions with a loss."""

    tokens_BT: torch.Tensor
    index_N: torch.Tensor
    next_N: torch.Tensor


def text_batches(stream: Stream, first_step: int, *, windows: Windows, seed: int) -> Iterator[TextBatch]:
    """Yield batches for ever, each epoch with other borders between windows, starting at `first_step`."""
    count = (len(stream) - 1) // windows.width - 1
    per_epoch = count // windows.batch_size
    epoch, offset = divmod(first_step, per_epoch)
    while True:
        random = np.random.default_rng((seed, epoch))
        shift = int(random.integers(windows.width))
        order = random.permutation(count)
        for number in range(offset, per_epoch):
            chosen = order[number * windows.batch_size :][: windows.batch_size]
            yield _batch(stream, chosen * windows.width + shift, windows, np.random.default_rng((seed, epoch, number)))
        epoch, offset = epoch + 1, 0


def _batch(stream: Stream, starts_B: npt.NDArray[np.int64], windows: Windows, random: np.random.Generator) -> TextBatch:
    places_BT = starts_B[:, None] + np.arange(windows.width)
    total = places_BT.size
    index_N = np.sort(random.choice(total, max(1, round(total * windows.share)), replace=False))
    return TextBatch(
        tokens_BT=torch.from_numpy(stream[places_BT].astype(np.int64)),
        index_N=torch.from_numpy(index_N),
        next_N=torch.from_numpy(stream[places_BT.reshape(-1)[index_N] + 1].astype(np.int64)),
    )
