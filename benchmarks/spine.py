"""Measure the spine: what a newcomer waits for, what the assistant gets right, and what it costs.

python benchmarks/spine.py            everything, about half an hour
python benchmarks/spine.py --only demo,scores
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from kills import count_identical
from parts import Part, measure, parser_of
from rows import Row, median_row, write_beside_kept

ROOT = Path(__file__).parents[1]
ATLAS = ROOT / "examples" / "atlas"
BUNDLE = ROOT / "build" / "atlas"
RESULTS = ROOT / "benchmarks" / "results" / "spine.json"
LIMBECK = [sys.executable, "-m", "limbeck.cli.main"]
PAGE = "handbook/visa-desk.md"


def limbeck(*arguments: str, store: Path | None = None, cwd: Path = ROOT) -> tuple[dict, float]:
    """Run a command with --json; return what it says and the seconds it took."""
    environment = {**os.environ, **({"LIMBECK_STORE": str(store)} if store else {})}
    started = time.monotonic()
    done = subprocess.run([*LIMBECK, *arguments, "--json"], cwd=cwd, env=environment, capture_output=True, text=True)
    seconds = time.monotonic() - started
    if done.returncode not in (0, 3):
        raise SystemExit(f"limbeck {' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}")
    return json.loads(done.stdout), seconds


def demo(work: Path) -> list[Row]:
    """Time the demo from nothing, again unchanged, and after the edit of one page."""
    store, example = work / "store", work / "atlas"
    shutil.copytree(ATLAS, example, ignore=shutil.ignore_patterns(".limbeck"))
    _, first = limbeck("run", str(example), "-o", str(work / "bundle"), store=store)
    shutil.rmtree(BUNDLE, ignore_errors=True)
    shutil.copytree(work / "bundle", BUNDLE)
    again = [limbeck("run", str(example), "-o", str(work / "bundle"), store=store)[1] for _ in range(5)]
    plan, _ = limbeck("plan", str(example), store=store)
    to_run = sum(stage["status"] != "hit" for stage in plan["stages"])
    page = example / PAGE
    page.write_text(page.read_text(encoding="utf-8").replace("8:30", "8:15"), encoding="utf-8")
    _, edited = limbeck("run", str(example), "-o", str(work / "bundle"), store=store)
    command = "limbeck run examples/atlas"
    return [
        Row(name="demo_first_run", value=first, unit="s", bar=360, bound="at most", command=command),
        median_row(again, name="demo_second_run", unit="s", bar=2, bound="at most", command=command),
        Row(name="demo_second_run_stages", value=to_run, unit="stages", bar=0, bound="at most", command=command),
        Row(
            name="page_edited_run",
            value=edited,
            unit="s",
            bar=60,
            bound="at most",
            command=f"edit examples/atlas/{PAGE}; {command}",
        ),
    ]


def fact_edit(work: Path) -> list[Row]:
    """Edit facts of a copied bundle and ask: the next answer must hold the new value, cited."""
    copy = work / "edited"
    shutil.copytree(BUNDLE, copy)
    subjects = ("Chad", "Peru", "Japan", "Kenya", "Norway", "Mongolia", "Laos", "Brazil", "Ghana", "Chile")
    renewed = 0
    for number, subject in enumerate(subjects):
        value = f"Newtown {chr(65 + number)}"
        limbeck("kb", "set", str(copy), subject, "capital", value)
        answer, _ = limbeck("ask", str(copy), f"What is the capital of {subject}?")
        renewed += value in answer["answer"] and bool(answer["citations"])
    command = 'limbeck kb set BUNDLE Chad capital "Newtown A"; limbeck ask BUNDLE "What is the capital of Chad?"'
    share = renewed / len(subjects)
    return [Row(name="fact_edit_answered", value=share, unit="share", bar=1, bound="at least", n=10, command=command)]


def scores(work: Path) -> list[Row]:
    """Score the delivered bundle on the held-out questions, in both engines."""
    questions = str(ATLAS / "questions.jsonl")
    command = f"limbeck eval build/atlas --questions {Path(questions).relative_to(ROOT)}"
    limbeck("eval", str(BUNDLE), "--questions", questions)
    report = json.loads((BUNDLE / "report.json").read_text(encoding="utf-8"))
    seen = {row["name"]: row for row in report["rows"]}
    wanted = {
        "accuracy": (0.92, "at least"),
        "cited_accuracy": (0.92, "at least"),
        "refusal_recall": (0.9, "at least"),
        "refusal_precision": (0.95, "at least"),
        "unsupported_values": (0, "at most"),
        "engines_agree": (0.99, "at least"),
        "disk": (25e6, "at most"),
        "memory": (300e6, "at most"),
        "latency": (15, "at most"),
    }
    rows = []
    for name, (bar, bound) in wanted.items():
        row = seen[name]
        fields = {key: row[key] for key in ("name", "value", "unit", "low", "high")}
        rows.append(Row(**fields, n=row["n"] or 1, bar=bar, bound=bound, command=command))
    return rows


def kills(work: Path) -> list[Row]:
    """Kill a fast run at fifty random moments."""
    identical = count_identical(50, work / "kills")
    command = "python benchmarks/kills.py 50"
    return [Row(name="kills_identical", value=identical, unit="of 50", bar=50, bound="at least", n=50, command=command)]


def run_side(work: Path) -> list[Row]:
    """Install without torch into a fresh environment: its size, and the time of a cold answer there."""
    environment = work / "venv"
    pip = [str(environment / "bin" / "pip"), "install", "-q", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    subprocess.run([*pip, "-c", str(ROOT / "constraints.txt"), str(ROOT)], check=True)
    used = sum(path.lstat().st_size for path in (environment / "lib").rglob("*") if path.is_file())
    ask = [str(environment / "bin" / "limbeck"), "ask", str(BUNDLE), "What is the capital of Chad?"]
    subprocess.run(ask, check=True, capture_output=True)
    seconds = [_seconds(ask) for _ in range(9)]
    assert not (environment / "lib" / "python3.11" / "site-packages" / "torch").exists()
    return [
        Row(name="run_side_install", value=used / 1e6, unit="MB", bar=400, bound="at most", command="pip install ."),
        median_row(seconds, name="ask_cold", unit="s", bar=1.5, bound="at most", command='limbeck ask build/atlas "…"'),
    ]


def _seconds(command: Sequence[str]) -> float:
    started = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    return time.monotonic() - started


PARTS: dict[str, Part] = {
    "demo": demo,
    "scores": scores,
    "fact_edit": fact_edit,
    "run_side": run_side,
    "kills": kills,
}


def main() -> None:
    names = parser_of(__doc__, PARTS).parse_args().only.split(",")
    write_beside_kept(measure(PARTS, names), RESULTS, keeps_others=set(names) != set(PARTS))


if __name__ == "__main__":
    main()
