"""Ask every question and judge the answer: right, rightly cited, rightly refused."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from limbeck.bundle.assistant import Assistant, open_bundle
from limbeck.evaluation.answer_record import record_of
from limbeck.evaluation.check import CheckContext
from limbeck.evaluation.measurement import Measurement
from limbeck.evaluation.score import Judgement, judge, measure


def run(bundle: Path, context: CheckContext) -> dict[str, Any]:
    """Return `rows`, and `answers`: each judged answer with the evidence shown."""
    with open_bundle(bundle, context.engine, context.num_threads) as assistant:
        judgements = _judge_all(assistant, context)
        engine = assistant.engine.name
    rows = [*_held(measure(judgements), context), *_times(judgements)]
    return {
        "engine": engine,
        "rows": [row.to_json() for row in rows],
        "answers": [record_of(judgement) for judgement in judgements],
    }


def _judge_all(assistant: Assistant, context: CheckContext) -> list[Judgement]:
    judgements = []
    for done, question in enumerate(context.questions, start=1):
        reply = assistant.ask(question.text, question.history)
        judgements.append(judge(question, reply, assistant.knowledge))
        context.progress(done, len(context.questions))
    return judgements


def _held(rows: Sequence[Measurement], context: CheckContext) -> list[Measurement]:
    return [replace(row, bar=context.bars[row.name]) if row.name in context.bars else row for row in rows]


def _times(judgements: Sequence[Judgement]) -> list[Measurement]:
    totals_ms = [judgement.reply.timings_ms["total"] for judgement in judgements]
    if len(totals_ms) < 2:
        return []
    return [
        Measurement(name="answer_ms_median", value=median(totals_ms), unit="ms", n=len(totals_ms)),
        Measurement(name="answer_ms_p95", value=quantiles(totals_ms, n=20)[-1], unit="ms", n=len(totals_ms)),
    ]
