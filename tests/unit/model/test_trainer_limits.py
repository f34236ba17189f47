"""Where a training meets its limits: numbers that are none, a full disk, held-out losses that rise again."""

import errno
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
import torch

from limbeck.core import disk
from limbeck.core.errors import Diverged, Interrupted, LimbeckError, MachineError
from limbeck.model.schedule import Fall
from limbeck.model.trainer import LossPoint, Schedule, Validation, Work, train
from limbeck.model.validation import best_point

SCHEDULE = Schedule(num_steps=40, batch_size=4, warmup_steps=4, checkpoint_every=5, learning_rate=0.02, seed=1)


class Line(torch.nn.Module):
    """A line that is to fit y = 2x + 1, with dropout, so that the random generator matters."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.last = torch.nn.Linear(1, 8), torch.nn.Linear(8, 1)
        self.dropout = torch.nn.Dropout(0.1)

    def forward(self, x_B1: torch.Tensor) -> torch.Tensor:
        return self.last(self.dropout(torch.relu(self.first(x_B1))))


def batches(first: int, size: int = 4) -> Iterator[torch.Tensor]:
    for number in count(first):
        yield torch.rand(size, 1, generator=torch.Generator().manual_seed(number))


def loss_of(network: torch.nn.Module, x_B1: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.mse_loss(network(x_B1), 2 * x_B1 + 1)


def fit(
    folder: Path,
    schedule: Schedule = SCHEDULE,
    *,
    loss: Callable[[torch.nn.Module, torch.Tensor], torch.Tensor] = loss_of,
    validation: Validation | None = None,
    stop_after: int | None = None,
) -> tuple[Line, list[LossPoint]]:
    folder.mkdir(exist_ok=True)
    network, steps = Line(), count(1)
    work = Work(partial=folder, should_stop=lambda: next(steps) == stop_after)
    return network, train(network, batches, schedule, loss_of=loss, work=work, validation=validation)


def held_out(network: torch.nn.Module) -> float:
    x_B1 = torch.linspace(0, 1, 16)[:, None]
    return float(loss_of(network, x_B1))


def same(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("stop_after", [3, 12, 24, 39])
def test_dropout_and_scores_resume_to_the_same_bits(tmp_path: Path, stop_after: int) -> None:
    validation = Validation(loss=held_out, every=6)
    schedule = replace(SCHEDULE, accumulate=2)
    whole, curve = fit(tmp_path / "whole", schedule, validation=validation)
    with pytest.raises(Interrupted):
        fit(tmp_path / "cut", schedule, validation=validation, stop_after=stop_after)
    resumed, resumed_curve = fit(tmp_path / "cut", schedule, validation=validation)
    assert same(whole, resumed)
    assert curve == resumed_curve
    assert [point.step for point in curve if point.held_out is not None] == [6, 12, 18, 24, 30, 36, 40]


def test_accumulated_batches_move_the_weights_as_one_large_batch(tmp_path: Path) -> None:
    def large(first: int) -> Iterator[torch.Tensor]:
        small = batches(2 * first)
        while True:
            yield torch.cat([next(small), next(small)])

    schedule = replace(SCHEDULE, num_steps=10)
    networks = []
    for name, source, accumulate in (("one", large, 1), ("two", batches, 2)):
        (tmp_path / name).mkdir()
        network = Line()
        network.dropout.p = 0.0
        once = replace(schedule, accumulate=accumulate)
        train(network, source, once, loss_of=loss_of, work=Work(partial=tmp_path / name))
        networks.append(network)
    for one, two in zip(*(each.parameters() for each in networks), strict=True):
        torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-6)
    assert not same(networks[0], Line())


def test_the_weights_of_the_best_score_are_kept_and_training_stops(tmp_path: Path) -> None:
    scores = iter([3.0, 1.0, 2.0, 2.5, 0.1])
    kept: list[torch.Tensor] = []

    def score(network: torch.nn.Module) -> float:
        assert not network.training
        kept.append(next(network.parameters()).clone())
        return next(scores)

    network, curve = fit(tmp_path, validation=Validation(loss=score, every=5, patience=2))
    assert [(point.step, point.held_out) for point in curve] == [(5, 3.0), (10, 1.0), (15, 2.0), (20, 2.5)]
    assert torch.equal(next(network.parameters()), kept[1])
    assert best_point(curve) == curve[1]


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_no_number_stops_with_the_last_good_checkpoint(tmp_path: Path, bad: float) -> None:
    calls = count(1)

    def breaks(network: torch.nn.Module, batch: torch.Tensor) -> torch.Tensor:
        loss = loss_of(network, batch)
        return loss * bad if next(calls) == 13 else loss

    with pytest.raises(Diverged, match=rf"the loss became {bad} at step 13.*kept in training.pt") as raised:
        fit(tmp_path, loss=breaks)
    assert raised.value.fix == "train with a lower learning rate, such as 0.0067 instead of 0.02"
    assert raised.value.exit_code == 3
    good, _ = fit(tmp_path / "good", replace(SCHEDULE, num_steps=10, fall="constant"))
    saved = torch.load(tmp_path / "training.pt", weights_only=True)
    assert saved["step"] == 10
    assert all(torch.isfinite(weight).all() for weight in saved["network"].values())
    assert saved["network"].keys() == good.state_dict().keys()


def test_a_gradient_that_is_no_number_moves_no_weight(tmp_path: Path) -> None:
    network = Line()
    before = [weight.clone() for weight in network.parameters()]

    def cliff(network: torch.nn.Module, batch: torch.Tensor) -> torch.Tensor:
        return torch.sqrt(network(batch).sum() * 0)  # its slope at zero is infinite

    with pytest.raises(Diverged, match="the gradient became nan at step 1"):
        train(network, batches, SCHEDULE, loss_of=cliff, work=Work(partial=tmp_path))
    assert all(torch.equal(old, new) for old, new in zip(before, network.parameters(), strict=True))


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_leaves_the_checkpoint_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    with pytest.raises(Interrupted):
        fit(tmp_path, stop_after=5)
    before = (tmp_path / "training.pt").read_bytes()
    with monkeypatch.context() as full:

        def refuse(descriptor: int) -> None:
            raise OSError(code, "No space left on device")

        full.setattr(disk.os, "fsync", refuse)
        with pytest.raises(MachineError, match="the checkpoint of step 10 could not be written") as raised:
            fit(tmp_path)
    assert "is whole" in raised.value.what
    assert (tmp_path / "training.pt").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["training.pt"]
    resumed, curve = fit(tmp_path)
    whole, whole_curve = fit(tmp_path / "whole")
    assert same(resumed, whole)
    assert curve == whole_curve


def test_a_checkpoint_cut_short_is_told(tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        fit(tmp_path, stop_after=5)
    path = tmp_path / "training.pt"
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(LimbeckError, match="the training checkpoint is damaged") as raised:
        fit(tmp_path)
    assert raised.value.where == str(path)


def test_a_checkpoint_of_another_network_is_told(tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        fit(tmp_path, stop_after=5)
    other = torch.nn.Linear(1, 1)
    with pytest.raises(LimbeckError, match="one of another network"):
        train(other, batches, SCHEDULE, loss_of=loss_of, work=Work(partial=tmp_path))


def test_a_frozen_weight_neither_moves_nor_is_saved(tmp_path: Path) -> None:
    network = Line()
    network.first.requires_grad_(False)
    before = network.first.weight.clone()
    train(network, batches, SCHEDULE, loss_of=loss_of, work=Work(partial=tmp_path))
    assert torch.equal(network.first.weight, before)
    saved = torch.load(tmp_path / "training.pt", weights_only=True)["network"]
    assert sorted(saved) == ["last.bias", "last.weight"]


@pytest.mark.parametrize(("fall", "end"), [("cosine", 0.05), ("linear", 0.05), ("constant", 1.0)])
def test_rates_fall_as_asked(fall: Fall, end: float) -> None:
    schedule = replace(SCHEDULE, fall=fall)
    rates = [schedule.rate_at(step) / schedule.learning_rate for step in range(41)]
    assert rates[:4] == [0.25, 0.5, 0.75, 1.0]
    assert rates[40] == pytest.approx(end)
    assert rates[4:] == sorted(rates[4:], reverse=True)
    assert schedule.rate_at(22) / schedule.learning_rate == pytest.approx({"constant": 1.0}.get(fall, 0.525))


def test_the_note_tells_loss_and_speed(tmp_path: Path) -> None:
    class Tokens(torch.Tensor):
        num_tokens = 4

    notes: list[str] = []
    (tmp_path / "x").mkdir()
    work = Work(partial=tmp_path / "x", progress=lambda done, total, note="": notes.append(note))
    counted = (batch.as_subclass(Tokens) for batch in batches(0))
    validation = Validation(loss=held_out, every=2)
    train(
        Line(), lambda first: counted, replace(SCHEDULE, num_steps=3), loss_of=loss_of, work=work, validation=validation
    )
    assert len(notes) == 3
    assert all(note.startswith("loss ") and note.endswith(" tokens/s") for note in notes)
    assert "held out " in notes[1]
    assert work.meter.num_tokens == 12
