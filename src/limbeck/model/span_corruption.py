"""Windows of a stream with spans taken out, each to be written back behind its sentinel; pure in seed and step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from limbeck.core.errors import LimbeckError
from limbeck.model.pair_batches import Pair, PairBatch, collate
from limbeck.model.text_batches import Stream, Windows, text_batches

Tokens = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """What is taken out of a window: `share` of its tokens, in spans of `mean_length`.

    `sentinels` stand for the spans in their order, and `end_id` closes both sides. Every window loses as many tokens in
    as many spans, so shapes are fixed and nothing is padded.
    Source: Raffel et al. 2020, section 3.1.4, https://arxiv.org/abs/1910.10683
    """

    sentinels: Sequence[int]
    end_id: int
    share: float = 0.15
    mean_length: float = 3.0

    def lost_in(self, width: int) -> tuple[int, int]:
        """Return how many tokens a window loses, and in how many spans.

        Raises: LimbeckError: the window is too short, or has more spans than there are sentinels.
        """
        lost = min(max(round(width * self.share), 1), width - 1)
        spans = min(max(round(lost / self.mean_length), 1), lost, width - lost)
        if width < 2 or spans > len(self.sentinels):
            what = f"windows of {width} tokens lose {spans} spans, and there are {len(self.sentinels)} sentinels"
            raise LimbeckError(
                what, where="span corruption", fix="narrower windows, or a tokenizer with more sentinels"
            )
        return lost, spans


def span_batches(stream: Stream, first_step: int, *, windows: Windows, spans: Spans, seed: int) -> Iterator[PairBatch]:
    """Yield batches for ever, starting at `first_step`; `windows.share` is not used."""
    lost, count = spans.lost_in(windows.width)
    widths = {"read_width": windows.width - lost + count + 1, "written_width": lost + count + 1}
    for number, batch in enumerate(text_batches(stream, first_step, windows=windows, seed=seed), start=first_step):
        # text_batches draws from (seed, epoch, number of batch): the word keeps the two apart
        random = np.random.default_rng((seed, number, int.from_bytes(b"span")))
        pairs = [corrupt(row_T, spans, random) for row_T in batch.tokens_BT.numpy()]
        yield collate(pairs, **widths, pad_id=spans.end_id)


def corrupt(tokens_T: Tokens, spans: Spans, random: np.random.Generator) -> Pair:
    """Take spans out of a window: it begins with a kept span and ends with a lost one, as in the T5 code."""
    lost, count = spans.lost_in(len(tokens_T))
    kept_lengths = _segments(len(tokens_T) - lost, count, random)
    lost_lengths = _segments(lost, count, random)
    read: list[int] = []
    written: list[int] = []
    start = 0
    for kept, taken, sentinel in zip(kept_lengths, lost_lengths, spans.sentinels, strict=False):
        read += [*tokens_T[start : start + kept].tolist(), sentinel]
        written += [sentinel, *tokens_T[start + kept : start + kept + taken].tolist()]
        start += kept + taken
    return Pair([*read, spans.end_id], [*written, spans.end_id])


def _segments(total: int, count: int, random: np.random.Generator) -> list[int]:
    """Cut `total` into `count` parts of at least one, every way as likely."""
    cuts = np.sort(random.choice(total - 1, count - 1, replace=False)) + 1
    return [int(length) for length in np.diff([0, *cuts.tolist(), total])]
