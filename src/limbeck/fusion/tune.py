"""Search for better numbers to teach with: `tune = true` in a recipe.

Every trial is a small file named after its numbers, so that a search that is killed repeats none of those that
finished.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from transformers import PreTrainedModel

from limbeck.core.digest import digest_json
from limbeck.core.disk import read_json, write_json
from limbeck.core.errors import Diverged
from limbeck.fusion.methods.reference import score_lessons, teach
from limbeck.model.batches import Lesson
from limbeck.model.schedule import Schedule
from limbeck.model.trainer import Work
from limbeck.model.tuning import Setting, Space, Trial, best_trial, rungs_of, search, setting_of, sizes_around
from limbeck.model.validation import Validation, best_point

NUM_TRIALS = 12
_FOLDER = "trials"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """The schedule of the best trial, and every trial."""

    schedule: Schedule
    trials: tuple[Trial, ...]


def tune(
    load: Callable[[], PreTrainedModel],
    lessons: Sequence[Lesson],
    held_out: Sequence[Lesson],
    schedule: Schedule,
    work: Work,
) -> Tuned:
    """Return the numbers whose network does best on held-out lessons.

    Args:
        load: loads the network that every trial starts from.
    Raises: Interrupted: asked to stop, resumable. Diverged: no trial ended in a number.
    """

    def try_out(setting: Setting, num_steps: int) -> float:
        trial = with_setting(schedule, setting, num_steps)
        folder = work.partial / _FOLDER / digest_json(asdict(trial))[:16]
        kept = read_json(folder.with_suffix(".json"))
        if kept is None:
            kept = {"held_out": _loss(load(), lessons, held_out, trial, replace(work, partial=folder))}
            write_json(folder.with_suffix(".json"), kept)
        loss = kept["held_out"]
        return float(loss) if isinstance(loss, int | float) else float("inf")

    first = setting_of(schedule)
    space = Space(first=first, per_step=sizes_around(first.per_step))
    trials = search(space, try_out, num_trials=NUM_TRIALS, rungs=rungs_of(schedule.num_steps), seed=schedule.seed)
    return Tuned(schedule=with_setting(schedule, best_trial(trials).setting, schedule.num_steps), trials=trials)


def with_setting(schedule: Schedule, setting: Setting, num_steps: int) -> Schedule:
    """Return a schedule with the numbers of a trial."""
    return replace(
        schedule,
        num_steps=num_steps,
        batch_size=setting.per_step,
        learning_rate=setting.learning_rate,
        warmup_steps=max(1, round(setting.warmup_share * num_steps)),
        weight_decay=setting.weight_decay,
    )


def _loss(
    network: PreTrainedModel, lessons: Sequence[Lesson], held_out: Sequence[Lesson], schedule: Schedule, work: Work
) -> float | None:
    """Train one trial and return its held-out loss, None where it is no number."""
    work.partial.mkdir(parents=True, exist_ok=True)
    validation = Validation(loss=score_lessons(held_out), every=schedule.num_steps)
    try:
        best = best_point(teach(network, lessons, schedule, work, validation=validation))
    except Diverged:
        best = None
    _clear(work.partial)
    return best.held_out if best else None


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
