import itertools

import numpy as np
import pytest
import torch

from limbeck.core.errors import LimbeckError
from limbeck.model.pair_batches import NO_LOSS, PairBatch
from limbeck.model.span_corruption import Spans, corrupt, span_batches
from limbeck.model.text_batches import Windows, text_batches

END, FIRST, VOCABULARY = 1, 100, 500
SENTINELS = tuple(range(99, 19, -1))
SPANS = Spans(sentinels=SENTINELS, end_id=END)
STREAM = np.random.default_rng(0).integers(FIRST, VOCABULARY, 9000).astype(np.uint16)
WINDOWS = Windows(width=64, batch_size=8)


def batches(first_step: int, count: int, *, seed: int = 1) -> list[PairBatch]:
    return list(itertools.islice(span_batches(STREAM, first_step, windows=WINDOWS, spans=SPANS, seed=seed), count))


def put_back(read: list[int], written: list[int]) -> list[int]:
    """Write each lost span where its sentinel stands."""
    assert read[-1] == written[-1] == END
    lost: dict[int, list[int]] = {}
    for token in written[:-1]:
        if token in SENTINELS:
            lost[token] = []
            last = token
        else:
            lost[last].append(token)
    return [each for token in read[:-1] for each in (lost.pop(token) if token in lost else [token])]


def test_nothing_is_lost_that_cannot_be_put_back() -> None:
    plain = itertools.islice(text_batches(STREAM, 0, windows=WINDOWS, seed=1), 5)
    for batch, whole in zip(batches(0, 5), plain, strict=True):
        for read, written, tokens in zip(batch.read_BS, batch.written_BT, whole.tokens_BT, strict=True):
            assert put_back(read.tolist(), written.tolist()) == tokens.tolist()


def test_shapes_are_fixed_and_full() -> None:
    # 15 % of 64 are 10 tokens, in 3 spans of 3 and a bit; each side has its sentinels and an end
    for batch in batches(0, 3):
        assert batch.read_BS.shape == (8, 64 - 10 + 3 + 1)
        assert batch.written_BT.shape == (8, 10 + 3 + 1)
        assert batch.present_BS.all()
        assert not (batch.written_BT == NO_LOSS).any()


def test_sentinels_come_in_their_order() -> None:
    for row in batches(0, 1)[0].written_BT.tolist():
        assert [token for token in row if token in SENTINELS] == list(SENTINELS[:3])


def test_spans_are_spread_over_the_window() -> None:
    starts = [row.index(SENTINELS[0]) for batch in batches(0, 10) for row in batch.read_BS.tolist()]
    lengths = [row.index(SENTINELS[1]) - 1 for batch in batches(0, 10) for row in batch.written_BT.tolist()]
    assert len(set(starts)) > 20
    assert set(lengths) >= {1, 2, 3, 4, 5}
    assert np.mean(lengths) == pytest.approx(10 / 3, abs=0.5)


def test_starting_at_a_later_step_gives_the_same_batches() -> None:
    per_epoch = (len(STREAM) // WINDOWS.width - 1) // WINDOWS.batch_size
    for one, other in zip(batches(0, per_epoch + 4)[per_epoch - 1 :], batches(per_epoch - 1, 5), strict=True):
        assert torch.equal(one.read_BS, other.read_BS)
        assert torch.equal(one.written_BT, other.written_BT)


def test_another_seed_takes_out_others() -> None:
    assert not torch.equal(batches(0, 1)[0].read_BS, batches(0, 1, seed=2)[0].read_BS)


@pytest.mark.parametrize("width", [2, 3, 5, 17])
def test_short_windows_work_too(width: int) -> None:
    tokens_T = np.arange(FIRST, FIRST + width)
    pair = corrupt(tokens_T, SPANS, np.random.default_rng(0))
    assert put_back(list(pair.read), list(pair.written)) == tokens_T.tolist()


def test_too_few_sentinels_are_told() -> None:
    with pytest.raises(LimbeckError, match="lose 3 spans, and there are 2 sentinels") as raised:
        Spans(sentinels=(5, 6), end_id=END).lost_in(64)
    assert "more sentinels" in str(raised.value.fix)
