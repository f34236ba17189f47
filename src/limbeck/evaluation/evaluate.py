"""Score a packed bundle in its own engines, and write the report."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from limbeck.bundle.manifest import read_manifest
from limbeck.core.disk import disk_errors, write_atomic
from limbeck.core.progress import Progress, silent
from limbeck.evaluation.check import CHECKS, CheckContext
from limbeck.evaluation.questions import read_questions
from limbeck.evaluation.report import BuildFacts, assemble, write_report
from limbeck.evaluation.sample import take_sample

ANSWERS = "answers.jsonl"
SAMPLE = "report/sample.jsonl"


def evaluate(
    bundle: Path,
    questions: Path | None,
    out: Path,
    *,
    bars: Mapping[str, float],
    facts: BuildFacts,
    num_threads: int = 2,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Run every check that has something to ask, and write the report, all answers, and a sample to verify by.

    Writes report.json, REPORT.md, report.html, answers.jsonl and report/sample.jsonl into `out`.
    Returns: the report. Raises: LimbeckError: the questions are wrong; nothing is asked then.
    """
    asked = read_questions(questions) if questions else ()
    num_engines = len(read_manifest(bundle).engines)
    work = {"usage": num_engines}
    if asked:
        work |= {"questions": len(asked), "engines_agree": len(asked) * num_engines}
    results: dict[str, dict[str, Any]] = {}
    for name, size in work.items():
        part = _part(progress, start=sum(work[done] for done in results), size=size, whole=sum(work.values()))
        context = CheckContext(questions=asked, bars=bars, num_threads=num_threads, progress=part)
        results[name] = CHECKS.load(name).run(bundle, context)
    report = assemble(bundle, results, facts)
    write_report(report, out)
    _write_answers(out, results.get("questions", {}).get("answers", ()))
    return report


def _part(progress: Progress, *, start: int, size: int, whole: int) -> Progress:
    """Show one check's progress as its part of the whole."""

    def tell(done: int, total: int, note: str = "") -> None:
        progress(start + done * size // max(1, total), whole, note)

    return tell


def _write_answers(out: Path, answers: Sequence[Mapping[str, Any]]) -> None:
    with disk_errors(out):
        write_atomic(out / ANSWERS, _lines(answers))
        (out / SAMPLE).parent.mkdir(exist_ok=True)
        write_atomic(out / SAMPLE, _lines(take_sample(answers)))


def _lines(records: Sequence[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(record, ensure_ascii=False, sort_keys=True) + "\n" for record in records).encode()
