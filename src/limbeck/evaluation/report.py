"""The facts of a finished bundle in one JSON object; every page is drawn from it and from nothing else."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from limbeck.bundle.manifest import MANIFEST, read_manifest
from limbeck.bundle.pack import LOCK
from limbeck.core.device import profile, versions
from limbeck.core.disk import disk_errors, write_atomic, write_json
from limbeck.evaluation.render import render_html, render_markdown

SCHEMA = 1
REPORT_JSON, REPORT_MARKDOWN, REPORT_HTML = "report.json", "REPORT.md", "report.html"
_NUM_WORST = 10
_CONSTRAINTS = ("disk", "memory", "latency")
_DISTRIBUTIONS = ("limbeck", "openvino", "xllamacpp", "tokenizers", "torch", "transformers", "numpy")

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildFacts:
    """What the stages before left behind; an empty one was skipped, and the report says so.

    knowledge: sources.json; training: training.json; plan, measured: of compression; stages: name -> seconds.
    """

    knowledge: Facts = field(default_factory=dict)
    training: Facts = field(default_factory=dict)
    plan: Facts = field(default_factory=dict)
    measured: Facts = field(default_factory=dict)
    stages: Mapping[str, float] = field(default_factory=dict)
    command: str = "limbeck run"
    seed: int = 0


def assemble(bundle: Path, results: Mapping[str, Facts], facts: BuildFacts) -> dict[str, Any]:
    """Put a report together from the results of the checks, by check name, and the facts of the build."""
    manifest = read_manifest(bundle)
    rows = [row for name in sorted(results) for row in results[name]["rows"]]
    questions = results.get("questions", {})
    return {
        "schema": SCHEMA,
        "name": manifest.name,
        "verdict": _verdict(rows),
        "scores": list(questions.get("rows", ())),
        "rows": rows,
        "machine": asdict(profile()),
        "bundle": _bundle(bundle),
        "knowledge": dict(facts.knowledge),
        "training": dict(facts.training),
        "compression": _compression(facts.plan, facts.measured),
        "engines": _engines(results),
        "worst": worst(questions.get("answers", ())),
        "reproduce": {
            "command": facts.command,
            "seed": facts.seed,
            "versions": versions(_DISTRIBUTIONS),
            "lock_sha256": hashlib.sha256((bundle / LOCK).read_bytes()).hexdigest(),
            "stages": dict(facts.stages),
        },
    }


def write_report(report: Facts, folder: Path) -> tuple[Path, ...]:
    """Write report.json, REPORT.md and report.html into a folder."""
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / REPORT_JSON, dict(report))
        write_atomic(folder / REPORT_MARKDOWN, render_markdown(report).encode())
        write_atomic(folder / REPORT_HTML, render_html(report).encode())
    return tuple(folder / name for name in (REPORT_JSON, REPORT_MARKDOWN, REPORT_HTML))


def worst(answers: Sequence[Facts], limit: int = _NUM_WORST) -> list[dict[str, Any]]:
    """Return the answers that went most wrong, gravest first: none of them need be shown for a perfect run."""
    graded = [(_gravity(answer), number, answer) for number, answer in enumerate(answers)]
    failed = sorted((entry for entry in graded if entry[0] is not None), key=lambda entry: (entry[0][0], entry[1]))  # type: ignore[index]
    return [{**answer, "problem": gravity[1]} for gravity, _, answer in failed[:limit] if gravity]


def _gravity(answer: Facts) -> tuple[int, str] | None:
    """Return how grave a failure is, 0 the gravest, and its name; None where nothing is wrong."""
    kinds = (
        (bool(answer["unsupported"]), "a value from no cited row"),
        (not answer["right"] and not answer["refused"] and not answer["answers"], "answered what it cannot know"),
        (not answer["right"] and not answer["refused"], "a wrong answer"),
        (not answer["right"] and answer["refused"], "refused what it could answer"),
        (
            answer["right"] and not answer["refused"] and not answer["cited"],
            "cites a row that does not hold the answer",
        ),
    )
    return next(((rank, name) for rank, (holds, name) in enumerate(kinds) if holds), None)


def _verdict(rows: Sequence[Facts]) -> dict[str, Any]:
    """Hold the budget rows and the quality bars apart; `met` is None where nothing was held against anything."""
    budget = [_margin(row) for row in rows if row["name"] in _CONSTRAINTS]
    gates = [row for row in rows if row["name"] not in _CONSTRAINTS and row["met"] is not None]
    judged = [row["met"] for row in (*budget, *gates) if row["met"] is not None]
    return {"met": all(judged) if judged else None, "budget": budget, "gates": gates}


def _margin(row: Facts) -> dict[str, Any]:
    """Add the share of the budget that is used and the share that is left."""
    used = None if row["bar"] is None or row["value"] is None else row["value"] / row["bar"]
    return {**row, "used_share": used, "margin": None if used is None else 1 - used}


def _bundle(bundle: Path) -> dict[str, Any]:
    manifest = read_manifest(bundle)
    return {
        "engines": list(manifest.engines),
        "languages": list(manifest.languages),
        "licence": manifest.licence,
        "base_model": manifest.base_model,
        "edited": list(manifest.edited),
        "files": [asdict(entry) for entry in manifest.files],
        "manifest_sha256": hashlib.sha256((bundle / MANIFEST).read_bytes()).hexdigest(),
    }


def _compression(plan: Facts, measured: Facts) -> dict[str, Any]:
    """Join what was planned and what was measured by engine and name; the types of single tensors stay out."""
    seen = {(one["engine"], one["name"]): one for one in measured.get("candidates", ())}
    candidates = [
        {**{key: value for key, value in one.items() if key != "types"}, **seen.get((one["engine"], one["name"]), {})}
        for one in plan.get("candidates", ())
    ]
    kept = {
        key: plan[key] for key in ("chosen", "reserved_bytes", "models_bytes", "num_prompts", "budget") if key in plan
    }
    return {**kept, "candidates": candidates} if plan else {}


def _engines(results: Mapping[str, Facts]) -> dict[str, Any]:
    agreement = results.get("engines_agree", {})
    return {
        "usage": dict(results.get("usage", {}).get("engines", {})),
        "differences": list(agreement.get("differences", ()))[:_NUM_WORST],
    }
