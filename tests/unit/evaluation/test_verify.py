import json
from pathlib import Path
from typing import Any

import pytest

from limbeck.bundle.manifest import KNOWLEDGE, check_files, read_manifest
from limbeck.bundle.pack import add_report, reseal
from limbeck.core.errors import BundleError, GateError
from limbeck.evaluation.evaluate import SAMPLE, evaluate
from limbeck.evaluation.report import BuildFacts
from limbeck.evaluation.sample import SAMPLE_SIZE, take_sample
from limbeck.evaluation.verify import verify
from limbeck.knowledge.base import KnowledgeBase

QUESTIONS = (
    {"question": "What is the capital of Chad?", "answers": ["N'Djamena"]},
    {"question": "And its capital?", "answers": ["Lima"], "history": ["Where is Peru?"]},
    {"question": "秘鲁的首都是哪里？", "answers": ["利马"]},
)


@pytest.fixture
def reported(scripted: Path, tmp_path: Path) -> Path:
    questions = tmp_path / "questions.jsonl"
    questions.write_text("".join(json.dumps(line) + "\n" for line in QUESTIONS), encoding="utf-8")
    seen: list[tuple[int, int]] = []
    progress = lambda done, total, note="": seen.append((done, total))  # noqa: E731
    report = evaluate(
        scripted, questions, tmp_path / "out", bars={"accuracy": 0.9}, facts=BuildFacts(), progress=progress
    )
    assert report["verdict"]["met"] is True, report["verdict"]
    assert seen == sorted(seen) and seen[-1] == (11, 11)
    assert len((tmp_path / "out" / "answers.jsonl").read_text(encoding="utf-8").splitlines()) == 3
    add_report(scripted, tmp_path / "out")
    assert not (scripted / "answers.jsonl").exists()
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
    assert found.differences[0]["found"]["text"] == "The capital of Chad is N'Djamena."
    with pytest.raises(GateError, match="answers_repeated") as caught:
        found.require()
    assert caught.value.exit_code == 3


def test_after_a_knowledge_edit_other_answers_are_shown_but_no_fault(reported: Path) -> None:
    with KnowledgeBase.open(reported / KNOWLEDGE, writable=True) as base:
        base.set("Peru", "capital", "Cusco", "en")
    reseal(reported)
    found = verify(reported)
    assert found.edited == (KNOWLEDGE,) and not found.missed
    assert found.differences[0]["found"]["text"] == "The capital of Peru is Cusco."


def test_a_tampered_report_is_refused(reported: Path) -> None:
    (reported / SAMPLE).write_text("{}\n", encoding="utf-8")
    with pytest.raises(BundleError, match=r"sample\.jsonl"):
        verify(reported)


def test_a_bundle_without_a_report_makes_no_claim_about_answers(scripted: Path) -> None:
    assert {row["name"] for row in verify(scripted, "scripted").rows}.isdisjoint({"answers_repeated"})


def test_the_sample_is_spread_over_all_answers(reported: Path, tmp_path: Path) -> None:
    lines = (tmp_path / "out" / "answers.jsonl").read_text(encoding="utf-8").splitlines()
    answers = [{**json.loads(lines[0]), "id": str(number)} for number in range(200)]
    assert [one["id"] for one in take_sample(answers)] == [str(number) for number in range(0, 200, 200 // SAMPLE_SIZE)]
    assert take_sample([]) == []


def test_a_bundle_without_questions_is_measured_only(scripted: Path, tmp_path: Path) -> None:
    report = evaluate(scripted, None, tmp_path / "out", bars={}, facts=BuildFacts())
    assert {row["name"] for row in report["verdict"]["budget"]} == {"disk", "memory", "latency"}
    assert report["scores"] == []
    add_report(scripted, tmp_path / "out")
    check_files(scripted, read_manifest(scripted))
    assert not verify(scripted).missed
