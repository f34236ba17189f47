"""Let a bundle prove its claims on this machine: digests, budget, and a sample of its answers again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from limbeck.bundle.assistant import choose_engine, open_bundle
from limbeck.bundle.manifest import KNOWLEDGE, check_files, read_manifest
from limbeck.core.errors import GateError
from limbeck.core.progress import Progress, silent
from limbeck.evaluation.answer_record import answer_record
from limbeck.evaluation.check import CHECKS, CheckContext
from limbeck.evaluation.evaluate import SAMPLE
from limbeck.evaluation.measurement import Measurement, share
from limbeck.evaluation.questions import Question, read_questions
from limbeck.evaluation.sample import CLAIMED, read_claims

_LEAST_REPEATED = 0.95

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was measured again, as rows of a report, and the answers that came out otherwise."""

    rows: tuple[Facts, ...]
    differences: tuple[Facts, ...]
    edited: tuple[str, ...]

    @property
    def missed(self) -> tuple[str, ...]:
        """Return the names of the claims that do not hold here."""
        return tuple(row["name"] for row in self.rows if row["met"] is False)

    def require(self) -> None:
        """Raise GateError where a claim does not hold."""
        if self.missed:
            fix = "compare the machines, or build for this one with `limbeck run`"
            raise GateError(f"the bundle does not hold what it claims here: {', '.join(self.missed)}", fix=fix)


def verify(
    bundle: Path, engine: str | None = None, *, num_threads: int = 2, progress: Progress = silent
) -> Verification:
    """Hash every file, measure the budget again and ask the sample again.

    A bundle without a sample makes no claim about answers; after an edit of its knowledge they may differ.
    Raises: BundleError: damaged, altered, or not packed for `engine`.
    """
    manifest = read_manifest(bundle)
    check_files(bundle, manifest)
    chosen = choose_engine(manifest, engine, bundle)
    claims = read_claims(bundle / SAMPLE)
    questions = read_questions(bundle / SAMPLE) if claims else ()
    context = CheckContext(questions=questions, engine=chosen, num_threads=num_threads, progress=progress)
    usage = CHECKS.load("usage").run(bundle, context)["rows"]
    differences = list(_ask_again(bundle, context, claims))
    bar = None if KNOWLEDGE in manifest.edited else _LEAST_REPEATED
    rows = [_files_row(len(manifest.files)), *usage, *_repeated(len(claims), len(differences), bar)]
    return Verification(rows=tuple(rows), differences=tuple(differences), edited=manifest.edited)


def _ask_again(bundle: Path, context: CheckContext, claims: Sequence[Facts]) -> Iterable[dict[str, Any]]:
    if not claims:
        return
    with open_bundle(bundle, context.engine, context.num_threads) as assistant:
        for done, (question, claim) in enumerate(zip(context.questions, claims, strict=True), start=1):
            found = answer_record(assistant.ask(question.text, question.history))
            context.progress(done, len(claims), "asking again")
            if any(found[key] != claim[key] for key in CLAIMED):
                yield _difference(question, claim, found)


def _difference(question: Question, claim: Facts, found: Facts) -> dict[str, Any]:
    claimed = {key: claim[key] for key in CLAIMED}
    return {"id": question.id, "question": question.text, "claimed": claimed, "found": dict(found)}


def _repeated(num_claims: int, num_different: int, bar: float | None) -> list[dict[str, object]]:
    if not num_claims:
        return []
    return [share("answers_repeated", num_claims - num_different, num_claims, bar=bar).to_json()]


def _files_row(num_files: int) -> dict[str, object]:
    row = Measurement(name="files_intact", value=num_files, unit="files", bar=num_files, n=num_files)
    return row.to_json()
