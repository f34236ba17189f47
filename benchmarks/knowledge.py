"""Measure the knowledge base: edits that a live assistant follows, Chinese words, and what survives a kill.

python benchmarks/knowledge.py DATA            everything, about ten minutes; DATA holds cmrc2018
python benchmarks/knowledge.py DATA --only edits,kills

Edits are asked of build/atlas, which `make demo` leaves.
"""

import statistics
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import knowledge_scale
from chinese_words import share_found
from cmrc import NAME, passages
from live_edits import follow
from parts import measure, parser_of
from rows import Row, median_row, write_beside_kept
from store_kills import kill_bursts, lost, make_base

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "knowledge.json"
_FACTS, _PAGES, _KILLS, _WORDS = 200, 50, 100, 1000
_SCALE_FACTS, _SCALE_CHUNKS, _QUESTIONS = 1_000_000, 100_000, 400


def edits(data: Path, work: Path) -> list[Row]:
    """Edit, delete and remove sources under a live assistant."""
    followed = follow(ROOT / "build" / "atlas", ROOT / "examples" / "atlas" / "questions.jsonl", work)
    for wrong in followed.wrong:
        print(f"  {wrong}")
    command = "python benchmarks/knowledge.py DATA --only edits"
    counted = {
        "edits_followed": (followed.edits, _FACTS),
        "deletions_followed": (followed.deletions, _FACTS),
        "source_removals_followed": (followed.removals, _PAGES),
    }
    rows = [
        Row(name=name, value=value, unit=f"of {n}", bar=n, bound="at least", n=n, command=command)
        for name, (value, n) in counted.items()
    ]
    restored = float(followed.is_restored)
    return [*rows, Row(name="undo_restores", value=restored, unit="of 1", bar=1, bound="at least", command=command)]


def chinese(data: Path, work: Path) -> list[Row]:
    """Search for random words of two to four characters."""
    share = share_found(list(passages(data / NAME)), work, _WORDS)
    command = "python benchmarks/knowledge.py DATA --only chinese"
    fields = {"name": "chinese_words_found", "unit": "share", "bar": 1, "bound": "at least", "command": command}
    return [Row(value=share, n=_WORDS, **fields)]  # type: ignore[arg-type]


def kills(data: Path, work: Path) -> list[Row]:
    """Kill a writer in a hundred bursts of edits."""
    path = make_base(work)
    acknowledged = kill_bursts(path, _KILLS)
    gone = len(lost(path, acknowledged))
    command = "python benchmarks/store_kills.py 100"
    n = sum(acknowledged.values())
    return [Row(name="edits_lost_by_kills", value=gone, unit="edits", bar=0, bound="at most", n=n, command=command)]


def scale(data: Path, work: Path) -> list[Row]:
    """Build, search and edit a base of 100,000 chunks and a million facts."""
    seen = knowledge_scale.measure(work, num_facts=_SCALE_FACTS, num_chunks=_SCALE_CHUNKS, num_questions=_QUESTIONS)
    command = "python benchmarks/knowledge.py DATA --only scale"
    least = {"bound": "at least", "command": command}
    most = {"bound": "at most", "command": command, "n": _QUESTIONS}
    return [
        Row(name="ingest_facts", value=seen.facts_per_s, unit="facts/s", bar=20_000, **least),
        Row(name="ingest_markdown", value=seen.markdown_mb_per_s, unit="MB/s", bar=3, **least),
        median_row(seen.exact_ms, name="search_exact", unit="ms", bar=0.1, bound="at most", command=command),
        Row(name="search_hybrid_p95", value=_p95(seen.hybrid_ms), unit="ms", bar=20, **most),
        median_row(seen.edit_ms, name="edit", unit="ms", bar=10, bound="at most", command=command),
        Row(name="search_memory", value=seen.memory_bytes, unit="bytes", bar=500e6, **most),
    ]


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


PARTS: dict[str, Callable[[Path, Path], list[Row]]] = {
    "edits": edits,
    "chinese": chinese,
    "kills": kills,
    "scale": scale,
}


def main() -> None:
    parser = parser_of(__doc__, PARTS)
    parser.add_argument("data", type=Path, help="the folder of the public sets")
    arguments = parser.parse_args()
    names = arguments.only.split(",")
    measured = measure({name: partial(part, arguments.data) for name, part in PARTS.items()}, names)
    write_beside_kept(measured, RESULTS, keeps_others=set(names) != set(PARTS))


if __name__ == "__main__":
    main()
