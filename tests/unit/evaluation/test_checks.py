from pathlib import Path
from typing import Any

import pytest

from limbeck.bundle.assistant import open_bundle
from limbeck.bundle.pack import reseal
from limbeck.core.errors import BundleError, LimbeckError
from limbeck.evaluation.check import CHECKS, CheckContext
from limbeck.evaluation.checks.usage import disk_bytes
from limbeck.evaluation.questions import Question

QUESTIONS = (
    Question(id="1", text="What is the capital of Chad?", answers=("N'Djamena",), language="en"),
    Question(id="2", text="秘鲁的首都是哪里？", answers=("利马",), language="zh"),
    Question(id="3", text="Who won the match?", answers=(), language="en"),
)


def by_name(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in rows}


def test_the_family_names_its_checks() -> None:
    assert CHECKS.names() == ("engines_agree", "questions", "usage")
    assert all(CHECKS.summary(name) for name in CHECKS.names())


def test_questions_are_asked_in_a_real_bundle(scripted: Path) -> None:
    result = CHECKS.load("questions").run(scripted, CheckContext(questions=QUESTIONS, bars={"accuracy": 0.9}))
    rows = by_name(result["rows"])
    assert (rows["accuracy"]["n"], rows["accuracy"]["bar"]) == (3, 0.9)
    first, second, _ = result["answers"]
    assert first["right"] and first["cited"] and first["citations"] == [{"source": "countries.csv", "row": 1}]
    assert second["right"] and second["text"] == "秘鲁的capital是利马。"
    assert rows["unsupported_values"]["value"] == 0


def test_engines_that_differ_are_shown(scripted: Path) -> None:
    check = CHECKS.load("engines_agree")
    context = CheckContext(questions=QUESTIONS, bars={"engines_agree": 0.99})
    assert by_name(check.run(scripted, context)["rows"])["engines_agree"]["value"] == 1
    (scripted / "model" / "second" / "contrary").write_bytes(b"")
    reseal(scripted, changed=("model/second/contrary",))
    result = check.run(scripted, context)
    assert by_name(result["rows"])["engines_agree"]["met"] is False
    assert result["differences"][0]["scripted"]["text"] == "The capital of Chad is N'Djamena."
    assert result["differences"][0]["second"]["written"] == "⟦none⟧"


def test_usage_is_taken_in_a_process_of_its_own(scripted: Path) -> None:
    result = CHECKS.load("usage").run(scripted, CheckContext(questions=QUESTIONS, engine="scripted"))
    rows = by_name(result["rows"])
    on_disk = sum(path.stat().st_size for path in scripted.rglob("*") if path.is_file())
    assert rows["disk"]["value"] == on_disk and rows["disk"]["met"]
    assert 10_000_000 < rows["memory"]["value"] < 400_000_000
    assert 0 < rows["latency"]["value"] <= 1


def test_a_report_does_not_count_as_disk_the_assistant_needs(scripted: Path) -> None:
    before = disk_bytes(scripted)
    (scripted / "report.html").write_bytes(bytes(1_000_000))
    reseal(scripted)
    assert before < disk_bytes(scripted) < before + 1000, "only the manifest grew"


def test_an_engine_that_fails_is_named(scripted: Path) -> None:
    with pytest.raises(BundleError, match="'missing' failed on this bundle"):
        CHECKS.load("usage").run(scripted, CheckContext(questions=QUESTIONS, engine="missing"))


def test_an_engine_that_was_not_packed_is_refused(scripted: Path) -> None:
    with pytest.raises(BundleError, match="not packed for engine 'openvino'") as caught:
        open_bundle(scripted, "openvino")
    assert "scripted, second" in str(caught.value.fix)


def test_a_tampered_bundle_does_not_open(scripted: Path) -> None:
    path = scripted / "knowledge.sqlite"
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    with pytest.raises(LimbeckError, match=r"knowledge\.sqlite was altered"):
        open_bundle(scripted)
