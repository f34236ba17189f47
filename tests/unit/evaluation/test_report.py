import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from limbeck.bundle.card import About
from limbeck.bundle.pack import pack
from limbeck.core.budget import Budget, Usage
from limbeck.evaluation.answer_record import record_of
from limbeck.evaluation.checks.usage import budget_rows
from limbeck.evaluation.measurement import share
from limbeck.evaluation.questions import Question
from limbeck.evaluation.report import BuildFacts, assemble, worst, write_report
from limbeck.evaluation.score import judge, measure

Make = Callable[..., Any]
VOID = {"meta", "input", "br", "link", "img", "hr"}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    parts = {name: tmp_path / name for name in ("models", "tokenizer", "knowledge")}
    (parts["models"] / "openvino").mkdir(parents=True)
    (parts["models"] / "openvino" / "weights.bin").write_bytes(b"w" * 4_100_000)
    parts["tokenizer"].mkdir()
    (parts["tokenizer"] / "tokenizer.json").write_text("{}", encoding="utf-8")
    parts["knowledge"].write_bytes(b"facts")
    pack(tmp_path / "atlas", name="atlas", lock={"seed": 0}, about=About(base_model="tiny"), **parts)
    return tmp_path / "atlas"


@pytest.fixture
def results(reply_with: Make, fact_of: Make, names: Any) -> dict[str, Any]:
    chad = fact_of("Chad", "capital", "N'Djamena", "恩贾梅纳")
    lyon = fact_of("France <b>", "city | town", "Lyon", row=1)
    cases = [
        (("What is the capital of Chad?", "N'Djamena"), reply_with("It is N'Djamena.", chad), "en"),
        (
            ("Which city is meant by <script>alert(1)</script>?", "Paris"),
            reply_with("It is Lyon.", lyon, shown=(chad,)),
            "en",
        ),
        (("乍得的首都是哪里？", "恩贾梅纳"), reply_with(None, shown=(chad,)), "zh"),
        (("谁是总统？",), reply_with("是恩贾梅纳。", chad), "zh"),
        (("Who rules?",), reply_with(None), "en"),
    ]
    judged = [
        judge(Question(id=f"q{n}", text=text, answers=tuple(answers), language=language, kind="fact"), reply, names)
        for n, ((text, *answers), reply, language) in enumerate(cases)
    ]
    usage = Usage(disk_bytes=8_400_000, memory_bytes=310_000_000, latency_ms=1.94)
    budget = Budget(disk_bytes=25_000_000, memory_bytes=300_000_000, latency_ms=15)
    return {
        "questions": {
            "rows": [row.to_json() for row in measure(judged)],
            "answers": [record_of(judgement) for judgement in judged],
        },
        "usage": {"rows": [row.to_json() for row in budget_rows(usage, budget)], "engines": {"openvino": {}}},
        "engines_agree": {"rows": [share("engines_agree", 299, 300, bar=0.99).to_json()], "differences": []},
    }


@pytest.fixture
def facts() -> BuildFacts:
    sources = [
        {
            "name": "countries.csv",
            "kind": "table",
            "rows": 195,
            "facts": 1890,
            "chunks": 0,
            "dropped": {"empty cell": 12},
        },
        {"name": "handbook/visas.md", "kind": "markdown", "rows": 0, "facts": 0, "chunks": 9, "dropped": {}},
    ]
    shared = {"status": "rejected", "reason": "a higher KL than mixed", "forecast_bytes": 2_100_000}
    candidates = [
        {"engine": "openvino", "name": name, "types": {"w": "q4"}, **shared, "actual_bytes": size}
        | {"kl": {"mean": kl, "low": kl * 0.7, "high": kl * 1.4}, "same_top1": 0.97}
        for name, size, kl in (("q4", 2_100_000, 0.031), ("q8", 3_900_000, 0.0004), ("f16", 7_600_000, 0.0))
    ]
    candidates[1] |= {"status": "chosen", "reason": "the least KL within the budget"}
    candidates.append({"engine": "llamacpp", "name": "f16", "types": {}, **shared, "status": "not exported"})
    return BuildFacts(
        knowledge={"sources": sources},
        training={"loss_curve": [{"step": 25 * n, "loss": 6 / n + 0.1} for n in range(1, 65)], "lessons": 24000},
        plan={"schema": 1, "chosen": {"openvino": "q8"}, "candidates": candidates},
        measured={
            "candidates": [{"engine": "openvino", "name": "q8", "peak_memory_bytes": 120_000_000, "latency_ms": 1.9}]
        },
        stages={"knowledge": 0.8, "fusion": 201.0},
        command="limbeck run examples/atlas/limbeck.toml",
    )


class Balance(HTMLParser):
    """Fails on the first tag that does not close what was opened last."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, (tag, self.getpos())


def fits_schema(value: Any, schema: dict[str, Any], root: dict[str, Any], at: str = "report") -> None:
    """Check the few words of JSON Schema that ours uses."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    kinds = {"object": dict, "array": list, "string": str, "number": (int, float), "integer": int, "boolean": bool}
    kinds["null"] = type(None)
    allowed = [schema["type"]] if isinstance(schema.get("type"), str) else schema.get("type", [])
    assert not allowed or any(isinstance(value, kinds[kind]) for kind in allowed), (at, value)
    assert "const" not in schema or value == schema["const"], at
    assert value in schema.get("enum", [value]), (at, value)
    for name in schema.get("required", ()):
        assert name in value, (at, name)
    for name, inner in schema.get("properties", {}).items():
        if name in value:
            fits_schema(value[name], inner, root, f"{at}.{name}")
    for number, item in enumerate(value if "items" in schema else ()):
        fits_schema(item, schema["items"], root, f"{at}[{number}]")


def test_the_report_keeps_to_its_schema(bundle: Path, results: dict[str, Any], facts: BuildFacts) -> None:
    schema = json.loads((files("limbeck.evaluation") / "report.schema.json").read_text(encoding="utf-8"))
    report = json.loads(json.dumps(assemble(bundle, results, facts)))
    fits_schema(report, schema, schema)
    with pytest.raises(AssertionError):
        fits_schema({**report, "rows": [{"name": "x"}]}, schema, schema)


def test_the_verdict_says_what_was_missed_and_by_how_much(
    bundle: Path, results: dict[str, Any], facts: BuildFacts
) -> None:
    verdict = assemble(bundle, results, facts)["verdict"]
    assert verdict["met"] is False
    margins = {row["name"]: (row["met"], round(row["margin"], 3)) for row in verdict["budget"]}
    assert margins == {"disk": (True, 0.664), "memory": (False, -0.033), "latency": (True, 0.871)}
    assert {row["name"]: row["met"] for row in verdict["gates"]} == {"engines_agree": True, "unsupported_values": True}


def test_the_worst_come_first_and_the_good_not_at_all(results: dict[str, Any]) -> None:
    found = worst(results["questions"]["answers"])
    assert [(one["id"], one["problem"]) for one in found] == [
        ("q3", "answered what it cannot know"),
        ("q1", "a wrong answer"),
        ("q2", "refused what it could answer"),
    ]
    assert len(worst(results["questions"]["answers"], limit=2)) == 2


def test_the_page_is_whole_and_needs_no_network(
    bundle: Path, results: dict[str, Any], facts: BuildFacts, tmp_path: Path
) -> None:
    write_report(assemble(bundle, results, facts), tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    parser = Balance()
    parser.feed(page)
    parser.close()
    assert not parser.open
    assert not parser.seen & {"script", "link", "img", "iframe"}
    assert not re.search(r"https?://|@import|url\(", page)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "压缩" in page and "prefers-color-scheme" in page


def test_the_drawings_are_well_formed(bundle: Path, results: dict[str, Any], facts: BuildFacts, tmp_path: Path) -> None:
    write_report(assemble(bundle, results, facts), tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    candidates, loss = (ElementTree.fromstring(drawing) for drawing in re.findall(r"<svg.*?</svg>", page, re.S))
    assert [circle.get("class") for circle in candidates.iter("circle")] == ["rejected", "chosen", "rejected"]
    points = next(line for line in loss.iter("polyline")).get("points", "").split()
    assert len(points) == 64


def test_markdown_keeps_its_tables_whole(
    bundle: Path, results: dict[str, Any], facts: BuildFacts, tmp_path: Path
) -> None:
    write_report(assemble(bundle, results, facts), tmp_path / "out")
    text = (tmp_path / "out" / "REPORT.md").read_text(encoding="utf-8")
    assert "**Missed: memory.**" in text
    assert "city \\| town" in text and "<script>" not in text
    blocks = re.findall(r"(?:^\|.*\n)+", text, re.M)
    assert len(blocks) == 5
    for block in blocks:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1, block


def test_the_same_facts_give_the_same_files(
    bundle: Path, results: dict[str, Any], facts: BuildFacts, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        write_report(assemble(bundle, results, facts), tmp_path / name)
    for name in ("report.json", "REPORT.md", "report.html"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_skipped_stages_are_said_to_be_skipped(bundle: Path, tmp_path: Path) -> None:
    report = assemble(bundle, {}, BuildFacts())
    assert report["verdict"]["met"] is None
    write_report(report, tmp_path / "out")
    for name in ("REPORT.md", "report.html"):
        text = (tmp_path / "out" / name).read_text(encoding="utf-8")
        assert text.count("This stage was skipped.") == 2 and "No questions were asked." in text
