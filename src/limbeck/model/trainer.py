"""The one training loop: any network, any batches; checkpoints from which it goes on bit for bit on CPU.

Order of a step: loss of each batch, backward, clip, move. What is not a number ends the run before it reaches a weight.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import torch

from limbeck.core.errors import Diverged, Interrupted
from limbeck.core.progress import Progress, silent
from limbeck.model.meter import Meter
from limbeck.model.optimisers import Optimisers
from limbeck.model.schedule import Precision, Schedule
from limbeck.model.training_state import BEST, CHECKPOINT, load_state, restore, save_best, save_state
from limbeck.model.validation import LossPoint, Validation, is_best

__all__ = ["LossPoint", "Precision", "Schedule", "Validation", "Work", "train"]

_STEPS_PER_POINT = 25

AnyBatch = TypeVar("AnyBatch")
LossOf = Callable[[torch.nn.Module, AnyBatch], torch.Tensor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """How a long piece of work is watched and stopped, and where it keeps checkpoints."""

    partial: Path
    progress: Progress = silent
    should_stop: Callable[[], bool] = lambda: False
    meter: Meter = field(default_factory=Meter)


def train(
    network: torch.nn.Module,
    batches_after: Callable[[int], Iterator[AnyBatch]],
    schedule: Schedule,
    *,
    loss_of: LossOf[AnyBatch],
    work: Work,
    validation: Validation | None = None,
) -> list[LossPoint]:
    """Train in place and return the loss curve; `batches_after(number)` yields what follows that many batches.

    A run that is killed goes on from the newest checkpoint in `work.partial`, to the same weights. With a validation
    the network ends with the weights of its best held-out loss.
    Raises: Interrupted: `work.should_stop` came true; the checkpoint holds every finished step.
            Diverged: a loss or gradient is no number; the last good checkpoint is kept.
            MachineError: the disk is full; the checkpoint before is whole.
    """
    optimiser = Optimisers(network, weight_decay=schedule.weight_decay)
    curve, window, step = load_state(network, optimiser, work.partial)
    batches = batches_after(step * schedule.accumulate)
    network.train()
    while step < schedule.num_steps and not (validation and validation.is_enough(curve)):
        window.append(_step(network, optimiser, batches, schedule, step=step, loss_of=loss_of, work=work))
        step += 1
        is_scored = validation is not None and validation.is_due(step, schedule.num_steps)
        if is_scored or step % _STEPS_PER_POINT == 0 or step == schedule.num_steps:
            held_out = _held_out(network, validation, step, work.partial) if validation and is_scored else None
            curve.append(LossPoint(step=step, loss=sum(window) / len(window), held_out=held_out))
            window = []
            if held_out is not None and is_best(curve):
                save_best(network, work.partial, step=step)
        if (stop := work.should_stop()) or step % schedule.checkpoint_every == 0:
            save_state(network, optimiser, work.partial, step=step, curve=curve, window=window)
        if stop:
            raise Interrupted(f"training stopped at step {step} of {schedule.num_steps}, checkpoint written")
        work.progress(step, schedule.num_steps, _note(curve, window, work.meter))
    if validation and (work.partial / BEST).exists():
        restore(network, work.partial)
    network.eval()
    return curve


def _step(
    network: torch.nn.Module,
    optimiser: Optimisers,
    batches: Iterator[AnyBatch],
    schedule: Schedule,
    *,
    step: int,
    loss_of: LossOf[AnyBatch],
    work: Work,
) -> float:
    """Learn from the batches of one step and return their mean loss."""
    work.meter.start()
    total = 0.0
    device = next(network.parameters()).device.type
    for _ in range(schedule.accumulate):
        batch = next(batches)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=schedule.precision == "bfloat16"):
            loss = loss_of(network, batch)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise _diverged(f"the loss became {value}", step, work.partial, schedule)
        (loss / schedule.accumulate if schedule.accumulate > 1 else loss).backward()
        total += value
        work.meter.count(batch)
    norm = float(torch.nn.utils.clip_grad_norm_(network.parameters(), schedule.gradient_norm))
    if not math.isfinite(norm):
        raise _diverged(f"the gradient became {norm}", step, work.partial, schedule)
    optimiser.step(schedule.rate_at(step))
    return total / schedule.accumulate


def _held_out(network: torch.nn.Module, validation: Validation, step: int, partial: Path) -> float:
    value = validation.score(network)
    if not math.isfinite(value):
        raise _diverged(f"the held-out loss became {value}", step - 1, partial, None)
    return value


def _diverged(what: str, step: int, partial: Path, schedule: Schedule | None) -> Diverged:
    kept = next((name for name in (BEST, CHECKPOINT) if (partial / name).exists()), None)
    told = f"{what} at step {step + 1}"
    told += f"; the weights moved no further, the last good ones are kept in {kept}" if kept else ""
    fix = "train with a lower learning rate"
    if schedule is not None:
        fix += f", such as {schedule.learning_rate / 3:.2g} instead of {schedule.learning_rate:.2g}"
        fix += ", or in float32" if schedule.precision != "float32" else ""
    return Diverged(told, where=str(partial), fix=fix)


def _note(curve: list[LossPoint], window: list[float], meter: Meter) -> str:
    latest = curve[-1].loss if curve else window[-1]
    parts = [f"loss {latest:.3f}"]
    scored = [point.held_out for point in curve if point.held_out is not None]
    if scored:
        parts.append(f"held out {scored[-1]:.3f}")
    if meter.tokens_per_second:
        parts.append(f"{meter.tokens_per_second:,.0f} tokens/s")
    return ", ".join(parts)
