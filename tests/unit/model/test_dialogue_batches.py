import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from limbeck.core.errors import LimbeckError
from limbeck.model import checkpoint
from limbeck.model.dialogue_batches import Layout, dialogue_batches
from limbeck.model.marked_tokens import MarkedTokens
from limbeck.model.objectives import dialogue
from limbeck.model.packing import PackedBatch
from limbeck.model.pair_batches import NO_LOSS, PairBatch

Make = Callable[[Path, str], Path]
PACKED = Layout(width=24, batch_size=4, form="packed", pad_id=0)


def row(number: int) -> MarkedTokens:
    """Two turns: what is asked is below 300, what is answered above; the length tells rows apart."""
    asked, answered = 2 + number % 3, 1 + number % 4
    tokens = [100 + number] * asked + [300 + number] * answered
    marks = [False] * asked + [True] * answered
    return MarkedTokens(tokens * (1 + number % 2), marks * (1 + number % 2))


ROWS = [row(number) for number in range(50)]


def batches(layout: Layout, first_step: int, count: int, *, seed: int = 0) -> list[PackedBatch | PairBatch]:
    return list(itertools.islice(dialogue_batches(ROWS, first_step, layout=layout, seed=seed), count))


@pytest.mark.parametrize("form", ["packed", "padded"])
def test_only_what_the_assistant_wrote_is_asked_and_all_of_it(form: str) -> None:
    layout = replace(PACKED, form=form)
    seen = set()
    for batch in batches(layout, 0, 20):
        flat = batch.tokens_BT.reshape(-1)
        assert batch.tokens_BT.shape == batch.positions_BT.shape == (4, 24)
        assert torch.equal(flat[batch.index_N + 1], batch.next_N)
        assert batch.next_N.ge(300).all()
        assert len(batch.next_N) == int(flat.ge(300).sum())
        seen |= set(flat[flat >= 300].tolist())
    assert seen == {300 + number for number in range(50)}


def test_packing_saves_most_of_the_padding() -> None:
    shares = {}
    for form in ("packed", "padded"):
        tokens = torch.cat([batch.tokens_BT for batch in batches(replace(PACKED, form=form), 0, 8)])
        shares[form] = float(tokens.eq(0).float().mean())
    assert shares["packed"] < 0.1 < shares["padded"]


def test_documents_lie_in_the_order_of_their_positions() -> None:
    (batch,) = batches(PACKED, 0, 1)
    for tokens, positions in zip(batch.tokens_BT.tolist(), batch.positions_BT.tolist(), strict=True):
        starts = [place for place, position in enumerate(positions) if position == 0]
        documents = [tokens[start:stop] for start, stop in itertools.pairwise([*starts, 24])]
        assert all(document in ([list(one.tokens) for one in ROWS] + [[0]]) for document in documents)


def test_starting_at_a_later_step_gives_the_same_batches() -> None:
    for one, other in zip(batches(PACKED, 0, 14)[5:], batches(PACKED, 5, 9), strict=True):
        assert torch.equal(one.tokens_BT, other.tokens_BT)
        assert torch.equal(one.index_N, other.index_N)
    assert not torch.equal(batches(PACKED, 0, 1)[0].tokens_BT, batches(PACKED, 0, 1, seed=1)[0].tokens_BT)


def test_pairs_are_read_up_to_the_answer_and_written_from_there() -> None:
    (batch,) = batches(replace(PACKED, form="pairs"), 0, 1)
    assert isinstance(batch, PairBatch)
    assert batch.read_BS.shape == batch.written_BT.shape == (4, 24)
    for read, present, written in zip(batch.read_BS, batch.present_BS, batch.written_BT, strict=True):
        number = int(read[0]) - 100
        asked, answered = 2 + number % 3, 1 + number % 4
        assert read[present].tolist() == [100 + number] * asked
        assert written.tolist() == [300 + number] * answered + [NO_LOSS] * (24 - answered)


def test_few_rows_fill_a_batch() -> None:
    (batch,) = itertools.islice(dialogue_batches(ROWS[:1], 0, layout=PACKED, seed=0), 1)
    assert batch.tokens_BT.shape == (4, 24)


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (MarkedTokens([5, 6], [False, False]), "conversation 2 cannot be learnt from: the assistant writes nothing"),
        (MarkedTokens([5] * 30, [False] + [True] * 29), "longer than 24 tokens"),
    ],
)
def test_rows_that_cannot_be_learnt_from_are_told(bad: MarkedTokens, what: str) -> None:
    with pytest.raises(LimbeckError, match=what):
        next(dialogue_batches([ROWS[0], bad], 0, layout=PACKED, seed=0))
    with pytest.raises(LimbeckError, match="no conversations"):
        next(dialogue_batches([], 0, layout=PACKED, seed=0))


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_the_loss_of_packed_rows_is_that_of_the_same_rows_padded(
    make_checkpoint: Make, tmp_path: Path, kind: str
) -> None:
    network = checkpoint.load(make_checkpoint(tmp_path, kind))
    objective = dialogue.Objective(network)
    some = ROWS[:6]
    with torch.inference_mode():
        packed, padded = (
            float(objective(next(dialogue.batches(some, 0, layout=layout, seed=0))))
            for layout in (replace(PACKED, width=64, batch_size=1), replace(PACKED, form="padded", batch_size=6))
        )
    assert packed == pytest.approx(padded, rel=1e-4)


def test_the_loss_of_pairs_is_that_of_transformers(make_checkpoint: Make, tmp_path: Path) -> None:
    network = checkpoint.load(make_checkpoint(tmp_path, "t5"), "seq2seq")
    batch = next(dialogue.batches(ROWS, 0, layout=replace(PACKED, form="pairs"), seed=0))
    assert isinstance(batch, PairBatch)
    with torch.inference_mode():
        ours = float(dialogue.Objective(network)(batch))
        theirs = network(input_ids=batch.read_BS, attention_mask=batch.present_BS.long(), labels=batch.written_BT).loss
    assert ours == pytest.approx(float(theirs), rel=1e-5)
