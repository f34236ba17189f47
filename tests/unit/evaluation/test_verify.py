import json
from pathlib import Path
from typing import Any

import pytest

from limbeck.bundle.manifest import KNOWLEDGE, check_files, read_manifest
from limbeck.bundle.pack import reseal
from limbeck.core.errors import BundleError, GateError
from limbeck.evaluation.check import CHECKS, CheckContext
from limbeck.evaluation.questions import Question
from limbeck.evaluation.report import BuildFacts, assemble
from limbeck.evaluation.verify import SAMPLE, SAMPLE_SIZE, attach_report, verify
from limbeck.knowledge.base import KnowledgeBase

QUESTIONS = tuple(
    Question(id=f"{number}", text=text, answers=(answer,), language="en")
    for number, (text, answer) in enumerate(
        [
            ("What is the capital of Chad?", "N'Djamena"),
            ("What is the capital of Peru?", "Lima"),
            ("Peru capital?", "Lima"),
        ]
    )
)


@pytest.fixture
def reported(scripted: Path) -> Path:
    result = CHECKS.load("questions").run(scripted, CheckContext(questions=QUESTIONS))
    attach_report(scripted, assemble(scripted, {"questions": result}, BuildFacts()), result["answers"])
    return scripted


def rewrite_claims(bundle: Path, changes: dict[str, Any]) -> None:
    lines = [json.loads(line) for line in (bundle / SAMPLE).read_text(encoding="utf-8").splitlines()]
    text = "".join(json.dumps({**line, **changes}, ensure_ascii=False) + "\n" for line in lines)
    (bundle / SAMPLE).write_text(text, encoding="utf-8")
    reseal(bundle)


def test_a_sound_bundle_holds_its_claims(reported: Path) -> None:
    found = verify(reported)
    rows = {row["name"]: row for row in found.rows}
    assert not found.missed and not found.differences and not found.edited
    assert rows["answers_repeated"]["value"] == 1 and rows["answers_repeated"]["n"] == 3
    assert {"files_intact", "disk", "memory", "latency"} <= rows.keys()
    found.require()


def test_answers_that_come_out_otherwise_miss_the_gate(reported: Path) -> None:
    rewrite_claims(reported, {"text": "Lima, and more."})
    found = verify(reported)
    assert found.missed == ("answers_repeated",)
    assert found.differences[0]["claimed"]["text"] == "Lima, and more."
    assert found.differences[0]["found"]["text"] == "N'Djamena"
    with pytest.raises(GateError, match="answers_repeated") as caught:
        found.require()
    assert caught.value.exit_code == 3


def test_after_a_knowledge_edit_other_answers_are_shown_but_no_fault(reported: Path) -> None:
    with KnowledgeBase.open(reported / KNOWLEDGE, writable=True) as base:
        base.set("Peru", "capital", "Cusco", "en")
    reseal(reported)
    found = verify(reported)
    assert found.edited == (KNOWLEDGE,) and not found.missed
    assert found.differences[0]["found"]["text"] == "Cusco"


def test_a_tampered_report_is_refused(reported: Path) -> None:
    (reported / SAMPLE).write_text("{}\n", encoding="utf-8")
    with pytest.raises(BundleError, match=r"sample\.jsonl"):
        verify(reported)


def test_a_bundle_without_a_report_makes_no_claim_about_answers(scripted: Path) -> None:
    assert {row["name"] for row in verify(scripted, "scripted").rows}.isdisjoint({"answers_repeated"})


def test_the_sample_is_spread_over_all_answers(scripted: Path) -> None:
    result = CHECKS.load("questions").run(scripted, CheckContext(questions=QUESTIONS))
    answers = [{**result["answers"][0], "id": str(number)} for number in range(200)]
    attach_report(scripted, assemble(scripted, {}, BuildFacts()), answers)
    ids = [json.loads(line)["id"] for line in (scripted / SAMPLE).read_text(encoding="utf-8").splitlines()]
    assert ids == [str(number) for number in range(0, 200, 200 // SAMPLE_SIZE)]
    check_files(scripted, read_manifest(scripted))
