"""Windows of a stream with some tokens hidden, to learn to understand from; a pure function of seed and step."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from limbeck.model.text_batches import Stream, TextBatch, Windows, text_batches


@dataclass(frozen=True, slots=True, kw_only=True)
class Masking:
    """What hides a token, and which others may stand in its place: ids from `first_word` to `vocab_size`.

    Of the hidden tokens `masked` become the mask, `swapped` a token drawn at random, and the rest stay as they are, so
    that the network attends to every position.
    Source: Devlin et al. 2019, section 3.1, https://arxiv.org/abs/1810.04805
    """

    mask_id: int
    first_word: int
    vocab_size: int
    share: float = 0.25
    masked: float = 0.8
    swapped: float = 0.1


def masked_batches(
    stream: Stream, first_step: int, *, windows: Windows, masking: Masking, seed: int
) -> Iterator[TextBatch]:
    """Yield batches for ever, starting at `first_step`; `next_N` are the hidden tokens, `index_N` where they stood."""
    drawn = replace(windows, share=masking.share)
    for number, batch in enumerate(text_batches(stream, first_step, windows=drawn, seed=seed), start=first_step):
        # text_batches draws from (seed, epoch, number of batch): the word keeps the two apart
        yield hide(batch, masking, np.random.default_rng((seed, number, int.from_bytes(b"mask"))))


def hide(batch: TextBatch, masking: Masking, random: np.random.Generator) -> TextBatch:
    """Hide the tokens that a batch names."""
    tokens_BT = batch.tokens_BT.numpy().copy()
    flat = tokens_BT.reshape(-1)
    hidden_N = batch.index_N.numpy()
    wanted_N = flat[hidden_N]
    flat[hidden_N] = _stand_ins(wanted_N, masking, random)
    return TextBatch(tokens_BT=torch.from_numpy(tokens_BT), index_N=batch.index_N, next_N=torch.from_numpy(wanted_N))


def _stand_ins(wanted_N: npt.NDArray[np.int64], masking: Masking, random: np.random.Generator) -> npt.NDArray[np.int64]:
    fate_N = random.random(len(wanted_N))
    others_N = random.integers(masking.first_word, masking.vocab_size, len(wanted_N))
    swapped_N = np.where(fate_N < masking.masked + masking.swapped, others_N, wanted_N)
    return np.where(fate_N < masking.masked, masking.mask_id, swapped_N)
