"""One training as the command line runs it: what is kept when it breaks, and what is chosen before it starts."""

from itertools import count
from pathlib import Path

import pytest
import torch

from limbeck.core.errors import Diverged, MachineError
from limbeck.corpus.record import text_record
from limbeck.model import checkpoint, training_plan, training_run
from limbeck.model.base_model import read_base
from limbeck.model.lessons import Lessons
from limbeck.model.make_lessons import make_lessons
from limbeck.model.schedule import Schedule
from limbeck.model.train_options import TrainOptions
from limbeck.model.trainer import Work
from limbeck.model.training_plan import TrainingPlan, apply_setting, plan_from, settle, space_around
from limbeck.model.training_run import open_classroom, teach
from limbeck.model.tuning import Setting

RECORDS = [text_record(f"the river and the market 河流与集市 {n}", f"a:{n}") for n in range(60)]
OPTIONS = TrainOptions(model="x", data=(), steps=40)


@pytest.fixture
def lessons(tiny_checkpoint: Path) -> Lessons:
    return make_lessons(RECORDS, [], read_base(tiny_checkpoint), "causal", 32)


def test_a_training_that_breaks_leaves_its_last_good_weights(
    tiny_checkpoint: Path, lessons: Lessons, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, calls = open_classroom(tiny_checkpoint, lessons, OPTIONS), count(1)
    own = training_run._loss

    def breaks(objective: torch.nn.Module, batch: object) -> torch.Tensor:
        return own(objective, batch) * (float("nan") if next(calls) == 6 else 1.0)

    monkeypatch.setattr(training_run, "_loss", breaks)
    plan = TrainingPlan(schedule=Schedule(num_steps=9, batch_size=2, checkpoint_every=2, warmup_steps=1), choices=())
    told = "became nan at step 6; the weights of step 4 are kept as a checkpoint"
    with pytest.raises(Diverged, match=told) as raised:
        teach(room, plan, Work(partial=tmp_path))
    kept = Path(raised.value.where or "")
    saved = torch.load(tmp_path / "training.pt", weights_only=True)["network"]
    weights = checkpoint.load(kept).state_dict()
    assert all(torch.equal(weights[name.removeprefix("scores.network.")], value) for name, value in saved.items())
    before = checkpoint.load(tiny_checkpoint).state_dict()
    assert not torch.equal(weights["model.norm.weight"], before["model.norm.weight"])


def test_a_plan_says_why_and_comes_back_from_disk(
    tiny_checkpoint: Path, lessons: Lessons, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_plan, "room_bytes", lambda limit: 10**9)
    course = open_classroom(tiny_checkpoint, lessons, OPTIONS).course
    plan = settle(course, OPTIONS, "continued")
    assert plan_from(plan.as_json()) == plan
    told = {choice.name: (choice.value, choice.why) for choice in plan.choices}
    assert told["steps"] == (40, "as asked")
    assert told["batch_size"][0] == plan.schedule.batch_size >= 1
    assert (plan.schedule.warmup_steps, plan.schedule.checkpoint_every, plan.score_every) == (4, 4, 5)
    asked = TrainOptions(model="x", data=(), epochs=2, rate=0.5, batch_size=3)
    plan = settle(course, asked, "continued")
    assert (plan.schedule.learning_rate, plan.schedule.batch_size) == (0.5, 3)
    assert plan.schedule.num_steps == -(-2 * len(lessons.train) // (32 * 3))


def test_what_does_not_fit_is_refused_before_it_starts(
    tiny_checkpoint: Path, lessons: Lessons, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = open_classroom(tiny_checkpoint, lessons, OPTIONS).course
    asked = TrainOptions(model="x", data=(), batch_size=64)
    needed = {choice.name: choice.value for choice in settle(course, asked, "continued").choices}["memory_bytes"]
    monkeypatch.setattr(training_plan, "room_bytes", lambda limit: int(needed) - 1)
    with pytest.raises(MachineError) as raised:
        settle(course, asked, "continued")
    assert raised.value.fix == "--batch-size 32"


def test_a_search_goes_around_the_plan_and_leaves_what_was_asked_for() -> None:
    plan = TrainingPlan(schedule=Schedule(num_steps=90, batch_size=4, accumulate=2, learning_rate=1e-3), choices=())
    assert space_around(plan, OPTIONS).per_step == (4, 8, 16)
    assert space_around(plan, OPTIONS).ranks == ()
    asked = TrainOptions(model="x", data=(), batch_size=8, rate=1e-3, lora=True)
    space = space_around(plan, asked)
    assert (space.per_step, space.searches_rate, space.ranks) == ((8,), False, (4, 8, 16))
    setting = Setting(learning_rate=2e-3, per_step=16, warmup_share=0.1, weight_decay=0.02)
    applied = apply_setting(plan, setting, 30).schedule
    assert (applied.batch_size, applied.accumulate, applied.warmup_steps, applied.num_steps) == (4, 4, 3, 30)
