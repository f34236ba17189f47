"""Measure compression: budgets kept, forecasts, and the loss at equal bytes against NNCF.

python benchmarks/compression.py DATA                everything, about half an hour on a quiet machine
python benchmarks/compression.py DATA --only budgets

DATA holds tinystories_2mb, wikitext2 and cmrc2018.

The models are the starter, and a Llama and a GPT-2 of 3.3 M weights that are trained here first. NNCF is installed into
an environment of its own under build/.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from compression_budgets import random_budgets
from compression_models import Subject, subjects
from compression_quality import Duel, interval, open_bench
from parts import measure, parser_of
from rows import Row, write_beside_kept

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "compression.json"
WORK = ROOT / "build" / "bench-compression"
NNCF = ROOT / "build" / "nncf-venv"
COMMAND = "python benchmarks/compression.py DATA --only "
BUDGETS = 40
BITS = (4.5, 5.0)


def budgets(models: list[Subject], work: Path) -> list[Row]:
    """Compress to random budgets that bind."""
    kept = random_budgets(models, work, BUDGETS)
    fields = {"n": len(kept), "command": f"{COMMAND}budgets"}
    shares = sorted(one.share for one in kept)
    of = f"of {len(kept)}"
    return [
        Row(name="budgets_kept", value=sum(s <= 1 for s in shares), unit=of, bar=len(kept), bound="at least", **fields),
        Row(
            name="budgets_97_used",
            value=sum(s >= 0.97 for s in shares),
            unit=of,
            bar=len(kept),
            bound="at least",
            **fields,
        ),
        Row(name="budget_least_used", value=shares[0], unit="share", bar=0.97, bound="at least", **fields),
        Row(
            name="budget_median_used",
            value=shares[len(shares) // 2],
            unit="share",
            bar=0.97,
            bound="at least",
            low=shares[0],
            high=shares[-1],
            **fields,
        ),
        Row(
            name="forecast_worst_error",
            value=max(one.forecast_error for one in kept),
            unit="share",
            bar=0.001,
            bound="at most",
            **fields,
        ),
    ]


def quality(models: list[Subject], work: Path) -> list[Row]:
    """Hold our exports against NNCF's of the same bytes."""
    python = _nncf()
    rows = []
    for subject in models:
        bench = open_bench(subject, work / subject.name)
        for bits in BITS:
            rows += _duel_rows(bench.duel(bits, python))
            shutil.rmtree(bench.work / f"{bits:g}")
    return rows


def _duel_rows(duel: Duel) -> list[Row]:
    place = f"{duel.subject}_{duel.bits:g}_bits"
    n, command = len(duel.exports[0].kl_N), f"{COMMAND}quality"
    value, low, high = duel.ratio()
    fields = {"n": n, "command": command}
    ratio = Row(
        name=f"{place}_kl_ratio", value=value, unit="of best", bar=0.7, bound="at most", low=low, high=high, **fields
    )
    rows = [ratio]
    for name, one in (("limbeck", duel.exports[0]), ("best_baseline", duel.best_other)):
        low, high = interval(one)
        shown = {"bar": 0, "bound": "at least", **fields}
        rows.append(Row(name=f"{place}_kl_{name}", value=one.kl, unit="nats", low=low, high=high, **shown))
        rows.append(Row(name=f"{place}_same_top1_{name}", value=one.same_top1, unit="share", **shown))
    for one in duel.exports:
        fits = "" if one.weight_bytes <= duel.limit_bytes else "  (more bytes than allowed)"
        print(
            f"{place}: {one.name:34} {one.weight_bytes:>9} B  KL {one.kl:.5f}  same {one.same_top1:.4f}{fits}",
            flush=True,
        )
    return rows


def _nncf() -> Path:
    """Return the Python of an environment that has NNCF and nothing of ours."""
    python = NNCF / "bin" / "python"
    if not (NNCF / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", str(NNCF)], check=True)
        wanted = ["nncf==3.4.0", "openvino==2026.4.1"]
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *wanted], check=True)
        (NNCF / "ready").touch()
    return python


PARTS: dict[str, Callable[[list[Subject], Path], list[Row]]] = {"budgets": budgets, "quality": quality}


def main() -> None:
    parser = parser_of(__doc__, PARTS)
    parser.add_argument("data", type=Path, help="the folder of the public sets")
    parser.add_argument("--models", default="starter,llama,gpt2", help="the models to measure; others keep their rows")
    arguments = parser.parse_args()
    names, wanted = arguments.only.split(","), arguments.models.split(",")
    models = [subject for subject in subjects(arguments.data, WORK / "models") if subject.name in wanted]
    measured = measure({name: partial(part, models) for name, part in PARTS.items()}, names)
    write_beside_kept(measured, RESULTS, keeps_others=set(names) != set(PARTS) or len(models) < 3)


if __name__ == "__main__":
    main()
