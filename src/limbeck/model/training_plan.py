"""Settle every number of a training before it starts: as asked for, else by a rule that the report names.

What depends on the machine at hand, free memory and the faster number format, is settled once and kept, so that a
resumed run computes the same whatever else the machine does by then.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import psutil

from limbeck.core.device import profile
from limbeck.model.batch_size import BatchSize, check_batch_size, choose_batch_size, wanted_per_step
from limbeck.model.course import Course
from limbeck.model.learning_rate import Start, choose_rate
from limbeck.model.memory_forecast import MemoryForecast, forecast_memory
from limbeck.model.precision import fastest_precision
from limbeck.model.schedule import Precision, Schedule
from limbeck.model.train_options import Choice, TrainOptions
from limbeck.model.tuning import Setting, Space, setting_of, sizes_around

_EPOCHS = 3.0
_LEAST_STEPS = 20
_WARMUP_SHARE, _MOST_WARMUP = 0.1, 100
_CHECKPOINTS, _SCORES = 10, 20
_MOST_BETWEEN, _LEAST_BETWEEN = 100, 5
_USABLE_SHARE = 0.9
PATIENCE = 5
RANK = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPlan:
    """A schedule, and why its numbers are what they are."""

    schedule: Schedule
    choices: tuple[Choice, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the plan as plain data."""
        return {"schedule": asdict(self.schedule), "choices": [asdict(choice) for choice in self.choices]}

    @property
    def score_every(self) -> int:
        """Return the steps between two scores on what is held out."""
        return max(_LEAST_BETWEEN, self.schedule.num_steps // _SCORES)


def settle(course: Course, options: TrainOptions, start: Start) -> TrainingPlan:
    """Return the plan of a training.

    Raises: MachineError: it will not fit into memory, with what would.
    """
    precision = fastest_precision()
    batch, forecast = _batch(course, options, precision)
    rate, why_rate = (options.rate, "as asked") if options.rate is not None else choose_rate(course.objective, start)
    steps, why_steps = _steps(course, options, batch.per_step)
    schedule = Schedule(
        num_steps=steps,
        batch_size=batch.batch_size,
        accumulate=batch.accumulate,
        learning_rate=rate,
        warmup_steps=max(1, min(_MOST_WARMUP, round(steps * _WARMUP_SHARE))),
        checkpoint_every=max(1, min(_MOST_BETWEEN, steps // _CHECKPOINTS)),
        precision=precision,
        seed=options.seed,
    )
    choices = (
        Choice(name="precision", value=precision, why="the faster one on this processor, by a trial of milliseconds"),
        Choice(name="length", value=course.lessons.width, why="as asked" if options.length else "the data's rows"),
        Choice(name="batch_size", value=batch.batch_size, why=batch.why),
        Choice(name="accumulate", value=batch.accumulate, why="batches of a step"),
        Choice(name="memory_bytes", value=forecast.needed_bytes(batch.batch_size), why="forecast from the shapes"),
        Choice(name="learning_rate", value=rate, why=why_rate),
        Choice(name="steps", value=steps, why=why_steps),
    )
    return TrainingPlan(schedule=schedule, choices=choices)


def apply_setting(plan: TrainingPlan, setting: Setting, num_steps: int) -> TrainingPlan:
    """Return a plan with the numbers of a search and another number of steps."""
    largest = plan.schedule.batch_size
    size = min(largest, setting.per_step)
    schedule = Schedule(
        num_steps=num_steps,
        batch_size=size,
        accumulate=max(1, setting.per_step // size),
        learning_rate=setting.learning_rate,
        warmup_steps=max(1, round(num_steps * setting.warmup_share)),
        weight_decay=setting.weight_decay,
        checkpoint_every=max(1, min(_MOST_BETWEEN, num_steps // _CHECKPOINTS)),
        precision=plan.schedule.precision,
        seed=plan.schedule.seed,
    )
    return TrainingPlan(schedule=schedule, choices=plan.choices)


def space_around(plan: TrainingPlan, options: TrainOptions) -> Space:
    """Return where to search for better numbers than the plan's; what was asked for is not searched."""
    first = setting_of(plan.schedule, rank=(options.rank or RANK) if options.lora else None)
    sizes = (first.per_step,) if options.batch_size else sizes_around(first.per_step)
    is_rank_free = options.lora and options.rank is None
    ranks = (RANK // 2, RANK, RANK * 2) if is_rank_free else ()
    return Space(first=first, per_step=sizes, ranks=ranks, searches_rate=options.rate is None)


def room_bytes(limit_bytes: int | None) -> int:
    """Return the memory a training may still take: within a stated limit, or of what is free now."""
    held: int = psutil.Process().memory_info().rss
    if limit_bytes is not None:
        return max(0, limit_bytes - held)
    free = min(psutil.virtual_memory().available, profile().memory_bytes - held)
    return max(0, int(_USABLE_SHARE * free))


def _batch(course: Course, options: TrainOptions, precision: Precision) -> tuple[BatchSize, MemoryForecast]:
    width = course.lessons.width

    def forecast_of(length: int) -> MemoryForecast:
        return forecast_memory(
            course.objective, lambda size: course.sample(size, length), length=length, precision=precision
        )

    room = room_bytes(options.memory_bytes)
    if options.batch_size is not None:
        batch = check_batch_size(forecast_of, length=width, batch_size=options.batch_size, room_bytes=room)
    else:
        wanted = wanted_per_step(length=width, num_tokens=course.lessons.tokens_per_epoch)
        batch = choose_batch_size(forecast_of, length=width, wanted=wanted, room_bytes=room)
    return batch, forecast_of(width)


def _steps(course: Course, options: TrainOptions, per_step: int) -> tuple[int, str]:
    if options.steps is not None:
        return options.steps, "as asked"
    epochs = options.epochs if options.epochs is not None else _EPOCHS
    tokens = epochs * course.lessons.tokens_per_epoch
    steps = math.ceil(tokens / (course.lessons.width * per_step))
    if options.epochs is not None:
        return max(1, steps), f"{epochs:g} epochs, as asked"
    return max(_LEAST_STEPS, steps), f"{epochs:g} epochs, at least {_LEAST_STEPS} steps"


def plan_from(kept: Mapping[str, Any]) -> TrainingPlan:
    """Return the plan that was kept as plain data."""
    choices = tuple(Choice(**choice) for choice in kept["choices"])
    return TrainingPlan(schedule=Schedule(**kept["schedule"]), choices=choices)
