import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from limbeck.model.infilling import Infilling, infill, infilling_batches
from limbeck.model.pair_batches import NO_LOSS, PairBatch
from limbeck.model.text_batches import Windows, text_batches

END, PAD, MASK, FIRST, VOCABULARY = 1, 2, 3, 100, 5000
INFILLING = Infilling(mask_id=MASK, end_id=END, pad_id=PAD)
STREAM = np.random.default_rng(0).integers(FIRST, VOCABULARY, 9000).astype(np.uint16)
WINDOWS = Windows(width=64, batch_size=8)


def batches(first_step: int, count: int, *, seed: int = 1) -> list[PairBatch]:
    made = infilling_batches(STREAM, first_step, windows=WINDOWS, infilling=INFILLING, seed=seed)
    return list(itertools.islice(made, count))


def test_the_whole_window_is_to_be_written() -> None:
    plain = itertools.islice(text_batches(STREAM, 0, windows=WINDOWS, seed=1), 4)
    for batch, whole in zip(batches(0, 4), plain, strict=True):
        assert torch.equal(batch.written_BT[:, :-1], whole.tokens_BT)
        assert batch.written_BT[:, -1].eq(END).all()


def test_what_is_read_is_the_window_with_masks_in_place_of_spans() -> None:
    for batch in batches(0, 4):
        assert batch.read_BS.shape == (8, 65)
        for read, present, written in zip(batch.read_BS, batch.present_BS, batch.written_BT, strict=True):
            shown = read[present].tolist()
            assert shown[-1] == END
            assert read[~present].eq(PAD).all()
            kept = [token for token in shown if token != MASK]
            rest = iter(written.tolist())
            assert all(token in rest for token in kept)  # in their order
            assert shown.count(MASK) >= 1


def test_about_a_third_is_hidden_in_spans_of_about_three() -> None:
    hidden, masks = [], []
    for seed in range(200):
        tokens_T = np.arange(FIRST, FIRST + 100)
        read = list(infill(tokens_T, INFILLING, np.random.default_rng(seed)).read)
        hidden.append(100 - sum(token >= FIRST for token in read))
        masks.append(read.count(MASK))
    assert max(hidden) <= 30
    assert np.mean(hidden) == pytest.approx(30, abs=1)
    # spans of none add masks that hide nothing
    assert np.mean(hidden) / np.mean(masks) == pytest.approx(3.0, abs=0.5)


def test_some_masks_hide_nothing() -> None:
    """A span of length 0 puts a mask between two tokens that follow each other."""
    found = 0
    for seed in range(300):
        read = list(infill(np.arange(FIRST, FIRST + 100), INFILLING, np.random.default_rng(seed)).read)
        triples = zip(read, read[1:], read[2:], strict=False)
        found += sum(mask == MASK and after == before + 1 for before, mask, after in triples)
    assert found > 20


def test_a_start_token_opens_both_sides() -> None:
    pair = infill(np.arange(FIRST, FIRST + 20), replace(INFILLING, start_id=9), np.random.default_rng(0))
    assert (pair.read[0], pair.written[0], len(pair.written)) == (9, 9, 22)


def test_starting_at_a_later_step_gives_the_same_batches() -> None:
    for one, other in zip(batches(0, 25)[17:], batches(17, 8), strict=True):
        assert torch.equal(one.read_BS, other.read_BS)
        assert torch.equal(one.written_BT, other.written_BT)
    assert not torch.equal(batches(0, 1)[0].read_BS, batches(0, 1, seed=2)[0].read_BS)


@pytest.mark.parametrize("width", [1, 2, 3, 7])
def test_a_window_never_grows(width: int) -> None:
    for seed in range(50):
        pair = infill(np.arange(FIRST, FIRST + width), INFILLING, np.random.default_rng(seed))
        assert len(pair.read) <= len(pair.written)
        assert NO_LOSS not in pair.written
