"""Make lessons of a corpus, stop where they are no good, and carry its waterfall on to the tokens."""

import json
from dataclasses import replace
from pathlib import Path

from limbeck.core.disk import write_json
from limbeck.core.errors import LimbeckError
from limbeck.corpus.kept_waterfall import waterfall_from
from limbeck.corpus.record_lines import load_lines
from limbeck.corpus.waterfall import Waterfall
from limbeck.model.base_model import read_base
from limbeck.model.lessons import Lessons, check_lessons
from limbeck.model.make_lessons import choose_objective, make_lessons
from limbeck.model.train_options import TrainOptions


def write_lessons(corpus: Path, model: Path, out: Path, options: TrainOptions) -> None:
    """Write `lessons.npz`, `lessons.json` and `waterfall.json`, its last line the tokens of an epoch that carry a loss.

    Raises: LimbeckError: nothing to learn from, or more than 5 % of the rows unusable; with the first bad rows.
            UsageError: the model cannot learn what was asked for.
    """
    train, held_out = (load_lines(corpus / f"{name}.jsonl") for name in ("train", "held_out"))
    base = read_base(model)
    objective, why = choose_objective(options.objective, base, train)
    try:
        lessons = make_lessons(train, held_out, base, objective, options.length)
    except LimbeckError as error:
        if objective != "dialogue" or error.where != str(base.folder):
            raise
        shown = next(record for record in train if record.kind == "dialogue")
        first = json.dumps(shown.to_json(), ensure_ascii=False)[:160]
        raise LimbeckError(error.what, where=f"{error.where}\n       {shown.where}: {first}", fix=error.fix) from error
    check_lessons(lessons, num_records=len(train))
    lessons.save(out)
    kept = waterfall_from(json.loads((corpus / "waterfall.json").read_text(encoding="utf-8")))
    told = {**_carried(kept, lessons).to_json(), "objective": {"name": objective, "why": why}}
    write_json(out / "waterfall.json", told)


def _carried(waterfall: Waterfall, lessons: Lessons) -> Waterfall:
    for reason, rows in lessons.left_out.items():
        waterfall = waterfall.with_drop(reason, rows)
    if waterfall.evaluation:
        for reason, rows in lessons.left_out_held_out.items():
            waterfall = waterfall.with_drop(reason, rows, side="evaluation")
    changed = {**waterfall.changed, **lessons.shortened}
    return replace(waterfall, changed=changed, tokens_trained=lessons.num_tokens)
