import itertools

import numpy as np
import pytest
import torch

from limbeck.model.masking import Masking, masked_batches
from limbeck.model.text_batches import TextBatch, Windows, text_batches

MASK, FIRST, VOCABULARY = 2, 10, 500
STREAM = np.random.default_rng(0).integers(FIRST, VOCABULARY, 9000).astype(np.uint16)
WINDOWS = Windows(width=32, batch_size=16)
MASKING = Masking(mask_id=MASK, first_word=FIRST, vocab_size=VOCABULARY)


def batches(first_step: int, count: int, *, masking: Masking = MASKING, seed: int = 1) -> list[TextBatch]:
    made = masked_batches(STREAM, first_step, windows=WINDOWS, masking=masking, seed=seed)
    return list(itertools.islice(made, count))


def plain(count: int) -> list[torch.Tensor]:
    windows = Windows(width=32, batch_size=16, share=MASKING.share)
    return [batch.tokens_BT for batch in itertools.islice(text_batches(STREAM, 0, windows=windows, seed=1), count)]


def test_starting_at_a_later_step_gives_the_same_batches() -> None:
    per_epoch = (len(STREAM) // WINDOWS.width - 1) // WINDOWS.batch_size
    whole, later = batches(0, per_epoch + 6), batches(per_epoch + 1, 5)
    for one, other in zip(whole[per_epoch + 1 :], later, strict=True):
        assert torch.equal(one.tokens_BT, other.tokens_BT)
        assert torch.equal(one.next_N, other.next_N)


def test_another_seed_hides_others() -> None:
    assert not torch.equal(batches(0, 1)[0].tokens_BT, batches(0, 1, seed=2)[0].tokens_BT)


def test_what_is_asked_for_is_what_stood_there_and_the_rest_is_as_it_was() -> None:
    for batch, whole_BT in zip(batches(0, 4), plain(4), strict=True):
        flat = whole_BT.reshape(-1)
        assert torch.equal(flat[batch.index_N], batch.next_N)
        changed = (batch.tokens_BT.reshape(-1) != flat).nonzero().flatten()
        assert set(changed.tolist()) <= set(batch.index_N.tolist())
        assert len(batch.index_N) == pytest.approx(0.25 * flat.numel(), rel=0.01)


def test_eight_of_ten_are_masked_and_one_is_swapped() -> None:
    some = batches(0, 12)
    shown = torch.cat([batch.tokens_BT.reshape(-1)[batch.index_N] for batch in some])
    asked = torch.cat([batch.next_N for batch in some])
    masked, kept = shown == MASK, shown == asked
    assert masked.float().mean() == pytest.approx(0.8, abs=0.03)
    assert kept.float().mean() == pytest.approx(0.1, abs=0.03)
    swapped = shown[~masked & ~kept]
    assert swapped.min() >= FIRST and swapped.max() < VOCABULARY


def test_all_of_them_can_be_masked() -> None:
    batch = batches(0, 1, masking=Masking(mask_id=MASK, first_word=FIRST, vocab_size=VOCABULARY, masked=1.0))[0]
    assert batch.tokens_BT.reshape(-1)[batch.index_N].eq(MASK).all()
