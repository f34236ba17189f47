"""Windows of a stream with spans behind one mask each, to be written out whole; a pure function of seed and step."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from limbeck.model.pair_batches import Pair, PairBatch, collate
from limbeck.model.text_batches import Stream, Windows, text_batches

Tokens = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Infilling:
    """What is hidden in a window: `share` of its tokens, in spans whose lengths are Poisson with this mean.

    Each span becomes one mask, so that the network must also tell how much is missing; a span of none puts a mask
    between two tokens. `end_id` closes both sides, `start_id` opens them where there is one.
    Source: Lewis et al. 2020, section 2.2, https://arxiv.org/abs/1910.13461
    """

    mask_id: int
    end_id: int
    pad_id: int
    start_id: int | None = None
    share: float = 0.3
    mean_length: float = 3.0


def infilling_batches(
    stream: Stream, first_step: int, *, windows: Windows, infilling: Infilling, seed: int
) -> Iterator[PairBatch]:
    """Yield batches for ever, starting at `first_step`; `windows.share` is not used."""
    around = 1 if infilling.start_id is None else 2
    width = windows.width + around
    for number, batch in enumerate(text_batches(stream, first_step, windows=windows, seed=seed), start=first_step):
        # text_batches draws from (seed, epoch, number of batch): the word keeps the two apart
        random = np.random.default_rng((seed, number, int.from_bytes(b"infill")))
        pairs = [infill(row_T, infilling, random) for row_T in batch.tokens_BT.numpy()]
        yield collate(pairs, read_width=width, written_width=width, pad_id=infilling.pad_id)


def infill(tokens_T: Tokens, infilling: Infilling, random: np.random.Generator) -> Pair:
    """Hide spans of a window; what is read is never longer than what is written."""
    hidden_T, num_empty = _draw(len(tokens_T), infilling, random)
    read: list[int] = []
    for place, token in enumerate(tokens_T.tolist()):
        if not hidden_T[place]:
            read.append(token)
        elif place == 0 or hidden_T[place] != hidden_T[place - 1]:
            read.append(infilling.mask_id)
    for place in sorted(random.choice(len(read) + 1, num_empty).tolist(), reverse=True):
        read.insert(place, infilling.mask_id)
    start = [] if infilling.start_id is None else [infilling.start_id]
    return Pair([*start, *read, infilling.end_id], [*start, *tokens_T.tolist(), infilling.end_id])


def _draw(width: int, infilling: Infilling, random: np.random.Generator) -> tuple[Tokens, int]:
    """Number the hidden tokens by their span, 0 where nothing is hidden, and count the spans that hide nothing.

    Spans do not touch: two masks side by side would read as one longer span.
    """
    hidden_T, num_empty = np.zeros(width, np.int64), 0
    left = wanted = max(1, round(width * infilling.share))
    for number in range(1, wanted + 1):
        length = min(int(random.poisson(infilling.mean_length)), left)
        if length == 0:
            num_empty += left > 0
            continue
        free = _starts(hidden_T, length)
        if len(free):
            start = int(random.choice(free))
            hidden_T[start : start + length] = number
            left -= length
    # an empty span adds a mask where the others saved tokens, so that the window never grows
    saved = int((hidden_T > 0).sum()) - len(np.unique(hidden_T[hidden_T > 0]))
    return hidden_T, min(num_empty, saved)


def _starts(hidden_T: Tokens, length: int) -> npt.NDArray[np.int64]:
    """Return where a span of this length touches no other."""
    padded = np.concatenate([[0], hidden_T, [0]]) > 0
    taken = np.convolve(padded, np.ones(length + 2, np.int64), "valid")
    return np.flatnonzero(taken == 0)
