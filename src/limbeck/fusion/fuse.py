"""Make an assistant: teach a checkpoint to read evidence about these facts, and keep what proves it."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from limbeck.core.errors import RecipeError
from limbeck.corpus.questions import Question
from limbeck.corpus.schema import FOLDS
from limbeck.fusion.blur import Blur
from limbeck.fusion.encode import LessonEncoder
from limbeck.fusion.lessons import Classroom, ReadingLesson, search_both, values_of
from limbeck.fusion.methods import reference
from limbeck.fusion.methods.reference import Options
from limbeck.fusion.practice_pages import practice_questions, practice_source
from limbeck.fusion.tune import Tuned, tune
from limbeck.knowledge.build import build
from limbeck.knowledge.embedder import shipped
from limbeck.knowledge.forgetting import forget
from limbeck.model import checkpoint
from limbeck.model.batches import Lesson
from limbeck.model.precision import fastest_precision
from limbeck.model.trainer import LossPoint, Schedule, Work

_CALIBRATION_PROMPTS = 48
_LESSONS_PER_REPORT = 1000
_BLUR_DEPTH = 0.5


def fuse(
    model: Path,
    facts: Path,
    questions: Sequence[Question],
    out: Path,
    *,
    options: Options,
    seed: int,
    work: Work,
) -> None:
    """Teach `model` to answer by reference and write the assistant into `out`.

    Writes the tuned checkpoint, calibration.jsonl (prompts as token ids, never trained on) and
    training.json (loss curve, what became of every question).
    """
    taught, held_out, waterfall = _lessons(facts, questions, options, seed, work)
    encode = LessonEncoder(model)
    network = checkpoint.load(model)
    schedule = Schedule(
        num_steps=options.steps,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        warmup_steps=min(100, options.steps // 9),
        precision=fastest_precision(),
        seed=seed,
    )
    lessons = [encode.lesson(lesson) for lesson in taught]
    kept_back = [encode.lesson(lesson) for lesson in (held_out if options.tune else held_out[:_CALIBRATION_PROMPTS])]
    tuned = None
    if options.tune:
        judged_by = kept_back[_CALIBRATION_PROMPTS:] or kept_back
        if not judged_by:
            raise RecipeError("tune = true needs questions to judge trials by", fix="set held_out above 0")
        tuned = tune(partial(checkpoint.load, model), lessons, judged_by, schedule, work)
    curve = reference.teach(network, lessons, tuned.schedule if tuned else schedule, work)
    checkpoint.save(network, out, tokenizer=model)
    _write_calibration(out, kept_back[:_CALIBRATION_PROMPTS])
    _write_training(out, curve, waterfall, lessons, tuned)


def _lessons(
    facts: Path, questions: Sequence[Question], options: Options, seed: int, work: Work
) -> tuple[list[ReadingLesson], list[ReadingLesson], dict[str, int]]:
    practice = work.partial / "practice.sqlite"
    build([practice_source()], practice, embedder=shipped())
    with ExitStack() as opened:
        unaware, pages = (
            [opened.enter_context(forget(path, work.partial / f"{name}-{fold}.sqlite", fold)) for fold in range(FOLDS)]
            for name, path in (("unaware", facts), ("pages", practice))
        )
        searches = [search_both(*bases) for bases in zip(unaware, pages, strict=True)]
        answers = {asked.id: asked.answer for asked in unaware[0].schema().properties}
        blur = Blur(share=options.blurred, depth=_BLUR_DEPTH, seed=seed)
        classroom = Classroom(searches, values_of(unaware[0].facts()), answers, blur, near_misses=options.near_misses)
        about_facts = []
        for number, lesson in enumerate(classroom.lessons(questions)):
            about_facts.append(lesson)
            if number % _LESSONS_PER_REPORT == 0:
                work.progress(0, options.steps, f"searching for {number:,} of {len(questions):,} questions")
        about_pages = list(classroom.lessons(practice_questions()))
    held_out, taught = about_facts[: options.held_out], about_facts[options.held_out :]
    repeats = max(1, round(options.practice_share * len(taught) / max(1, len(about_pages))))
    return [*taught, *about_pages * repeats], held_out, dict(sorted(classroom.waterfall.items()))


def _write_calibration(out: Path, lessons: Sequence[Lesson]) -> None:
    lines = [json.dumps(list(lesson.tokens[: lesson.answer_start])) for lesson in lessons]
    (out / "calibration.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_training(
    out: Path, curve: Sequence[LossPoint], waterfall: dict[str, int], lessons: Sequence[Lesson], tuned: Tuned | None
) -> None:
    facts: dict[str, Any] = {
        "schema": 1,
        "loss_curve": [point.as_json() for point in curve],
        "questions": waterfall,
        "lessons": len(lessons),
        "tokens_per_epoch": sum(len(lesson.tokens) for lesson in lessons),
    }
    if tuned is not None:
        chosen = tuned.schedule
        facts["tuning"] = {
            "trials": [trial.as_json() for trial in tuned.trials],
            "chosen": {"learning_rate": chosen.learning_rate, "batch_size": chosen.batch_size},
        }
    (out / "training.json").write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n", encoding="utf-8")
