"""Train one network on lessons by a plan: score it before, train, score it after, and write what came of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel

from limbeck.core.device import versions
from limbeck.core.errors import Diverged
from limbeck.model import checkpoint
from limbeck.model.adapter import Adapter, Lora, attach
from limbeck.model.base_model import Base, read_base
from limbeck.model.course import Course, mean_loss, open_course
from limbeck.model.lessons import Lessons
from limbeck.model.train_options import TrainOptions
from limbeck.model.trainer import Work, train
from limbeck.model.training_plan import PATIENCE, RANK, TrainingPlan
from limbeck.model.training_state import restore
from limbeck.model.validation import LossPoint, Validation, best_point

VERSIONS = ("torch", "transformers", "tokenizers", "numpy", "peft", "optuna")
LAST_GOOD = "last_good"
_EAGER_WIDTH = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Classroom:
    """A network that is ready to learn: with its adapter, where it has one, and its lessons."""

    network: PreTrainedModel
    adapter: Adapter | None
    course: Course
    base: Base


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a training did; held-out losses are None where nothing was held out."""

    curve: Sequence[LossPoint]
    before: float | None
    after: float | None
    tokens_per_second: float | None


def open_classroom(folder: Path, lessons: Lessons, options: TrainOptions, rank: int | None = None) -> Classroom:
    """Load a network and put its lessons in front of it.

    Raises: LimbeckError: the checkpoint is damaged or of another kind.
    """
    base = read_base(folder)
    network = checkpoint.load(folder, base.kind)
    if lessons.width <= _EAGER_WIDTH:
        network.set_attn_implementation("eager")  # on CPU faster than fused attention, most of all backwards
    adapter = None
    if options.lora:
        chosen = rank or options.rank or RANK
        adapter = attach(network, Lora(rank=chosen, alpha=2 * chosen), seed=options.seed)
    return Classroom(network=network, adapter=adapter, course=open_course(network, lessons, base), base=base)


def teach(room: Classroom, plan: TrainingPlan, work: Work) -> Outcome:
    """Train a network in place.

    Raises: Interrupted: asked to stop. Diverged: the loss is no number; the last good weights are kept as a checkpoint
    in `work.partial`.
    """
    torch.manual_seed(plan.schedule.seed)
    course, schedule = room.course, plan.schedule
    held_out = course.held_out()
    validation = Validation(loss=mean_loss(held_out), every=plan.score_every, patience=PATIENCE) if held_out else None
    before = validation.score(course.objective) if validation else None
    batches = course.batches(schedule.batch_size, seed=schedule.seed)
    try:
        curve = train(course.objective, batches, schedule, loss_of=_loss, work=work, validation=validation)
    except Diverged as error:
        raise _with_last_good(error, room, work.partial) from error
    best = best_point(curve)
    return Outcome(
        curve=curve,
        before=before,
        after=best.held_out if best else None,
        tokens_per_second=work.meter.tokens_per_second,
    )


def save_trained(room: Classroom, out: Path) -> None:
    """Write a whole checkpoint, and the adapter by itself where there is one."""
    if room.adapter is None:
        checkpoint.save(room.network, out, tokenizer=room.base.folder)
        return
    room.adapter.save(out / "adapter")
    checkpoint.save(room.adapter.merge(), out, tokenizer=room.base.folder)


def describe(room: Classroom, plan: TrainingPlan, outcome: Outcome) -> dict[str, Any]:
    """Return the facts of a training as plain data: numbers, curve, held-out losses, choices and why."""
    best = best_point(outcome.curve)
    steps, schedule = outcome.curve[-1].step, plan.schedule
    return {
        "kind": room.base.kind,
        "model_type": room.base.model_type,
        "objective": room.course.lessons.objective,
        "weights": sum(weight.numel() for weight in room.network.parameters()),
        "weights_trained": sum(weight.numel() for weight in room.network.parameters() if weight.requires_grad),
        "schedule": plan.as_json()["schedule"],
        "choices": plan.as_json()["choices"],
        "loss_curve": [point.as_json() for point in outcome.curve],
        "held_out": _held_out(room.course, outcome),
        "steps": steps,
        "stopped_early": steps < schedule.num_steps,
        "best_step": best.step if best else None,
        "tokens_seen": steps * schedule.batch_size * schedule.accumulate * room.course.lessons.width,
        "versions": versions(VERSIONS),
    }


def trial_loss(curve: Sequence[LossPoint]) -> float:
    """Return what a trial is judged by: its best held-out loss."""
    best = best_point(curve)
    return math.inf if best is None or best.held_out is None else best.held_out


def _held_out(course: Course, outcome: Outcome) -> dict[str, Any] | None:
    if outcome.before is None or outcome.after is None:
        return None
    bits = {name: course.bits_per_byte(getattr(outcome, name)) for name in ("before", "after")}
    found: dict[str, Any] = {"before": outcome.before, "after": outcome.after}
    found["tokens"] = course.lessons.num_held_out
    return found | {"bits_per_byte": bits if bits["after"] is not None else None}


def _with_last_good(error: Diverged, room: Classroom, partial: Path) -> Diverged:
    step = restore(room.course.objective, partial)
    if step is None:
        return error
    target = partial / LAST_GOOD
    save_trained(room, target)
    what = f"{error.what.partition('; ')[0]}; the weights of step {step} are kept as a checkpoint"
    return Diverged(what, where=str(target), fix=error.fix)


def _loss(objective: torch.nn.Module, batch: Any) -> torch.Tensor:
    loss: torch.Tensor = objective(batch)
    return loss
