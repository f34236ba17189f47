"""Measure what a bundle takes: bytes on disk, peak memory and time per token in a fresh process."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from limbeck.bundle.manifest import MANIFEST, read_manifest
from limbeck.bundle.pack import REPORT_FILES
from limbeck.core.budget import Budget, Usage, compare
from limbeck.core.errors import BundleError
from limbeck.evaluation.check import CheckContext
from limbeck.evaluation.measurement import Measurement

_MAX_QUESTIONS = 32
_TIMEOUT_S = 600
_FALLBACK = ("What do you know?", "你知道什么？")
_UNITS = {"disk": "bytes", "memory": "bytes", "latency": "ms/token"}


def run(bundle: Path, context: CheckContext) -> dict[str, Any]:
    """Return `rows` against the budget, `usage`, and for each engine what it took; the worst engine counts."""
    manifest = read_manifest(bundle)
    engines = [context.engine] if context.engine else list(manifest.engines)
    seen = {}
    for number, engine in enumerate(engines, start=1):
        seen[engine] = measure_fresh(bundle, engine, context)
        context.progress(number, len(engines), engine)
    usage = Usage(
        disk_bytes=disk_bytes(bundle),
        memory_bytes=max(found["peak_memory_bytes"] for found in seen.values()),
        latency_ms=max(found["latency_ms"] for found in seen.values()),
    )
    budget = manifest.budget if context.budget is None else context.budget
    rows = [*budget_rows(usage, budget), *_opening(seen)]
    return {"rows": [row.to_json() for row in rows], "engines": seen}


def disk_bytes(bundle: Path) -> int:
    """Return the bytes an assistant needs on disk: every file but those of its report."""
    manifest = read_manifest(bundle)
    kept = (entry.size_bytes for entry in manifest.files if entry.path not in REPORT_FILES)
    return sum(kept) + (bundle / MANIFEST).stat().st_size


def budget_rows(usage: Usage, budget: Budget) -> list[Measurement]:
    """Hold a use against a budget, one row a constraint."""
    return [
        Measurement(name=found.name, value=found.used, unit=_UNITS[found.name], bar=found.allowed, bound="at most", n=1)
        for found in compare(usage, budget)
    ]


def measure_fresh(bundle: Path, engine: str, context: CheckContext) -> dict[str, Any]:
    """Measure one engine in a new process, on the first questions.

    Raises: BundleError: the process failed; its last line says why.
    """
    asked = [" ".join(question.text.split()) for question in context.questions[:_MAX_QUESTIONS]] or list(_FALLBACK)
    command = [sys.executable, "-m", "limbeck.evaluation.probe", str(bundle), engine, str(context.num_threads)]
    done = subprocess.run(
        command, input="\n".join(asked), capture_output=True, encoding="utf-8", timeout=_TIMEOUT_S, check=False
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:] or [f"exit {done.returncode}"]
        raise BundleError(
            f"engine {engine!r} failed on this bundle: {said[0]}", where=str(bundle), fix="limbeck doctor"
        )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _opening(seen: dict[str, dict[str, Any]]) -> list[Measurement]:
    return [
        Measurement(name=f"open_ms engine={engine}", value=found["open_ms"], unit="ms", n=1)
        for engine, found in seen.items()
    ]
