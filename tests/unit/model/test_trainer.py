from functools import partial
from pathlib import Path

import pytest
import torch

from limbeck.core.errors import Interrupted
from limbeck.model.batches import Batch, Lesson, lesson_batches
from limbeck.model.optimisers import hidden_matrices
from limbeck.model.trainer import LossPoint, Schedule, Work, train

SCHEDULE = Schedule(num_steps=60, batch_size=4, warmup_steps=5, checkpoint_every=7, learning_rate=0.05, seed=2)
LESSONS = [
    Lesson(
        tokens=tuple((n + k) % 11 + 1 for k in range(6 + n % 4)),
        answer_start=4,
        row_positions=(1,),
        row_matches=(n % 2 == 0,),
    )
    for n in range(30)
]

BATCHES = partial(lesson_batches, LESSONS, batch_size=SCHEDULE.batch_size, seed=SCHEDULE.seed)


class Bigram(torch.nn.Module):
    """A small network that predicts the next token from this one: an embedding, a hidden matrix, a head."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.table = torch.nn.Embedding(16, 8)
        self.mix = torch.nn.Linear(8, 8, bias=False)
        self.head = torch.nn.Linear(8, 16)

    def forward(self, batch: Batch) -> torch.Tensor:
        hidden = self.table(batch.tokens_BT).reshape(-1, 8)[batch.answer_index_N]
        logits = self.head(torch.nn.functional.silu(self.mix(hidden)))
        return torch.nn.functional.cross_entropy(logits, batch.answer_token_N)


def loss_of(network: torch.nn.Module, batch: Batch) -> torch.Tensor:
    loss: torch.Tensor = network(batch)
    return loss


def run(folder: Path, stop_after: int | None = None) -> tuple[Bigram, list[LossPoint]]:
    folder.mkdir(exist_ok=True)
    network, calls = Bigram(), 0

    def should_stop() -> bool:
        nonlocal calls
        calls += 1
        return stop_after is not None and calls >= stop_after

    return network, train(
        network, BATCHES, SCHEDULE, loss_of=loss_of, work=Work(partial=folder, should_stop=should_stop)
    )


def test_training_lowers_the_loss(tmp_path: Path) -> None:
    _, curve = run(tmp_path)
    assert curve[-1].step == 60
    assert curve[-1].loss < 0.9 * curve[0].loss


@pytest.mark.parametrize("stop_after", [1, 7, 26, 59])
def test_a_stopped_run_ends_in_the_same_bits(tmp_path: Path, stop_after: int) -> None:
    whole, curve = run(tmp_path / "whole")
    with pytest.raises(Interrupted):
        run(tmp_path / "cut", stop_after)
    resumed, resumed_curve = run(tmp_path / "cut")
    pairs = zip(whole.parameters(), resumed.parameters(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)
    assert curve == resumed_curve


def test_a_torn_checkpoint_beside_is_never_read(tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        run(tmp_path, 10)
    (tmp_path / ".training.pt.tmp").write_bytes(b"torn")
    assert run(tmp_path)[1][-1].step == 60


def test_muon_moves_hidden_matrices_only() -> None:
    network = Bigram()
    assert [id(weight) for weight in hidden_matrices(network)] == [id(network.mix.weight)]


def test_rate_warms_up_then_falls() -> None:
    rates = [SCHEDULE.rate_at(step) for step in range(60)]
    assert rates[0] < rates[4] == max(rates)
    assert rates[-1] < 0.1 * max(rates)
