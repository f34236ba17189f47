"""One row of a benchmark result, and the file that rows go into."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from limbeck.core.device import profile, versions

_VERSIONS = ("limbeck", "torch", "transformers", "openvino", "openvino-tokenizers", "xllamacpp", "tokenizers", "numpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A measured number, what it is held against, and the command that gives it again."""

    name: str
    value: float
    unit: str
    bar: float
    bound: Literal["at least", "at most"]
    command: str
    n: int = 1
    low: float | None = None
    high: float | None = None

    @property
    def met(self) -> bool:
        return self.value >= self.bar if self.bound == "at least" else self.value <= self.bar


def median_row(values: Sequence[float], **fields: object) -> Row:
    """Make a row of the median, with the spread from least to most."""
    row = {"value": statistics.median(values), "n": len(values), "low": min(values), "high": max(values)}
    return Row(**{**row, **fields})  # type: ignore[arg-type]


def kept_rows(path: Path) -> list[Row]:
    """Read the rows of an earlier result; none where there is none."""
    if not path.exists():
        return []
    found = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return [Row(**{key: value for key, value in row.items() if key != "met"}) for row in found]


def write_beside_kept(measured: Sequence[Row], path: Path, *, keeps_others: bool) -> None:
    """Write what was measured; with `keeps_others` the rows of the earlier result that were not measured anew stay."""
    fresh = {row.name for row in measured}
    kept = [row for row in kept_rows(path) if row.name not in fresh] if keeps_others else []
    write_rows([*kept, *measured], path)


def write_rows(rows: Sequence[Row], path: Path) -> None:
    """Write the result file, misses included, and print it for people."""
    found = {
        "schema": 1,
        "machine": {**asdict(profile()), "versions": versions(_VERSIONS)},
        "rows": [{**asdict(row), "met": row.met} for row in rows],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for row in rows:
        sign = "≥" if row.bound == "at least" else "≤"
        print(f"{'ok  ' if row.met else 'MISS'} {row.name:32} {row.value:12.4g} {row.unit:10} {sign} {row.bar:g}")
