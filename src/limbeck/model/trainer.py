"""The one training loop: warm-up and cosine, checkpoints that resume bit for bit on CPU."""

import io
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import torch

from limbeck.core.errors import Interrupted
from limbeck.core.progress import Progress, silent
from limbeck.model.optimisers import Optimisers

_CHECKPOINT = "training.pt"
_STEPS_PER_POINT = 25

Precision = Literal["float32", "bfloat16"]
AnyBatch = TypeVar("AnyBatch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How long and how fast to train."""

    num_steps: int
    batch_size: int = 32
    learning_rate: float = 2e-3
    warmup_steps: int = 100
    weight_decay: float = 0.01
    gradient_norm: float = 1.0
    checkpoint_every: int = 100
    precision: Precision = "float32"
    seed: int = 0

    def rate_at(self, step: int) -> float:
        """Return the learning rate of a step: linear warm-up, then cosine to a twentieth."""
        if step < self.warmup_steps:
            return self.learning_rate * (step + 1) / self.warmup_steps
        done = (step - self.warmup_steps) / max(1, self.num_steps - self.warmup_steps)
        return self.learning_rate * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """How a long piece of work is watched and stopped, and where it keeps checkpoints."""

    partial: Path
    progress: Progress = silent
    should_stop: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True, kw_only=True)
class LossPoint:
    """The mean loss over the steps since the point before."""

    step: int
    loss: float


def train(
    network: torch.nn.Module,
    batches_after: Callable[[int], Iterator[AnyBatch]],
    schedule: Schedule,
    *,
    loss_of: Callable[[torch.nn.Module, AnyBatch], torch.Tensor],
    work: Work,
) -> list[LossPoint]:
    """Train in place and return the loss curve; `batches_after(step)` yields what follows that many steps.

    A run that is killed goes on from the newest checkpoint in `work.partial`, to the same weights.
    Raises: Interrupted: `work.should_stop` came true; the checkpoint holds every finished step.
    """
    optimiser = Optimisers(network, weight_decay=schedule.weight_decay)
    curve, window, step = _resume(network, optimiser, work.partial)
    batches = batches_after(step)
    network.train()
    while step < schedule.num_steps:
        window.append(_step(network, optimiser, next(batches), schedule, step, loss_of))
        step += 1
        if step % _STEPS_PER_POINT == 0 or step == schedule.num_steps:
            curve.append(LossPoint(step=step, loss=sum(window) / len(window)))
            window = []
        if (stop := work.should_stop()) or step % schedule.checkpoint_every == 0:
            _save(network, optimiser, work.partial, step=step, curve=curve, window=window)
        if stop:
            raise Interrupted(f"training stopped at step {step} of {schedule.num_steps}, checkpoint written")
        work.progress(step, schedule.num_steps, f"loss {curve[-1].loss:.3f}" if curve else "")
    network.eval()
    return curve


def _step(
    network: torch.nn.Module,
    optimiser: Optimisers,
    batch: AnyBatch,
    schedule: Schedule,
    step: int,
    loss_of: Callable[[torch.nn.Module, AnyBatch], torch.Tensor],
) -> float:
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=schedule.precision == "bfloat16"):
        loss = loss_of(network, batch)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), schedule.gradient_norm)
    optimiser.step(schedule.rate_at(step))
    return float(loss.detach())


def _save(
    network: torch.nn.Module,
    optimiser: Optimisers,
    partial: Path,
    *,
    step: int,
    curve: list[LossPoint],
    window: list[float],
) -> None:
    """Write beside, then rename: a kill leaves the old checkpoint or the new, never a torn one."""
    memory = io.BytesIO()
    points = [(point.step, point.loss) for point in curve]
    state = {"network": network.state_dict(), "optimiser": optimiser.state_dict()}
    torch.save({**state, "step": step, "curve": points, "window": window}, memory)
    beside = partial / (_CHECKPOINT + ".new")
    with beside.open("wb") as file:
        file.write(memory.getbuffer())
        file.flush()
        os.fsync(file.fileno())
    beside.replace(partial / _CHECKPOINT)


def _resume(network: torch.nn.Module, optimiser: Optimisers, partial: Path) -> tuple[list[LossPoint], list[float], int]:
    path = partial / _CHECKPOINT
    if not path.exists():
        return [], [], 0
    saved = torch.load(path, weights_only=True)
    network.load_state_dict(saved["network"])
    optimiser.load_state_dict(saved["optimiser"])
    curve = [LossPoint(step=step, loss=loss) for step, loss in saved["curve"]]
    return curve, list(saved["window"]), int(saved["step"])
