"""Ask every packed engine the same questions: greedy answers must be equal, letter for letter,
and so must what the models wrote: where search decides, an answer hides that."""

from pathlib import Path
from typing import Any

from limbeck.bundle.assistant import open_bundle
from limbeck.bundle.manifest import read_manifest
from limbeck.evaluation.answer_record import answer_record
from limbeck.evaluation.check import CheckContext
from limbeck.evaluation.measurement import share


def run(bundle: Path, context: CheckContext) -> dict[str, Any]:
    """Return `rows` with the share that agrees, and `differences`; a bundle of one engine has no row."""
    engines = read_manifest(bundle).engines
    if len(engines) < 2:
        return {"rows": [], "engines": list(engines), "differences": []}
    answers = [_answers(bundle, engine, number, context) for number, engine in enumerate(engines)]
    differences = [
        {"question": question.text, **dict(zip(engines, given, strict=True))}
        for question, *given in zip(context.questions, *answers, strict=True)
        if any(other != given[0] for other in given)
    ]
    num_equal = len(context.questions) - len(differences)
    row = share("engines_agree", num_equal, len(context.questions), bar=context.bars.get("engines_agree"))
    return {"rows": [row.to_json()], "engines": list(engines), "differences": differences}


def _answers(bundle: Path, engine: str, number: int, context: CheckContext) -> list[dict[str, Any]]:
    total = len(context.questions) * len(read_manifest(bundle).engines)
    answers = []
    with open_bundle(bundle, engine, context.num_threads) as assistant:
        for done, question in enumerate(context.questions, start=1):
            reply = assistant.ask(question.text, question.history)
            answers.append({**answer_record(reply), "written": reply.written})
            context.progress(number * len(context.questions) + done, total, engine)
    return answers
