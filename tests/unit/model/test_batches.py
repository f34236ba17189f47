import itertools

import torch

from limbeck.model.batches import Lesson, batch_order, collate, lesson_batches


def lesson(length: int, answer: int = 2) -> Lesson:
    return Lesson(
        tokens=tuple(range(1, length + 1)), answer_start=length - answer, row_positions=(1,), row_matches=(True,)
    )


def test_an_epoch_holds_every_lesson_once() -> None:
    lengths = [5 + n % 17 for n in range(101)]
    order = batch_order(lengths, batch_size=8, seed=3, epoch=0)
    assert sorted(itertools.chain(*order)) == list(range(101))


def test_order_depends_on_seed_and_epoch_alone() -> None:
    lengths = [5 + n % 17 for n in range(101)]
    first = batch_order(lengths, batch_size=8, seed=3, epoch=0)
    assert first == batch_order(lengths, batch_size=8, seed=3, epoch=0)
    assert first != batch_order(lengths, batch_size=8, seed=4, epoch=0)
    assert first != batch_order(lengths, batch_size=8, seed=3, epoch=1)


def test_starting_at_a_later_step_gives_the_same_batches() -> None:
    lessons = [lesson(6 + n % 9) for n in range(50)]
    whole = list(itertools.islice(lesson_batches(lessons, batch_size=8, seed=1, first_step=0), 20))
    later = list(itertools.islice(lesson_batches(lessons, batch_size=8, seed=1, first_step=9), 11))
    assert all(torch.equal(a.tokens_BT, b.tokens_BT) for a, b in zip(whole[9:], later, strict=True))


def test_loss_falls_on_the_answer_and_on_row_ends_only() -> None:
    batch = collate([lesson(5), lesson(7, answer=3)])
    assert batch.tokens_BT.shape == (2, 16)
    assert batch.answer_token_N.tolist() == [4, 5, 5, 6, 7]
    flat = batch.tokens_BT.reshape(-1)
    assert torch.equal(flat[batch.answer_index_N] + 1, batch.answer_token_N)
    assert batch.row_index_R.tolist() == [1, 17]
