"""Measure the parts of a benchmark that are asked for, each in a folder that is gone afterwards."""

import argparse
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from rows import Row

Part = Callable[[Path], list[Row]]


def parser_of(text: str | None, names: Iterable[str]) -> argparse.ArgumentParser:
    """Return a parser that knows which parts to measure."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(names), help="parts to measure anew; the others keep their rows")
    return parser


def measure(parts: Mapping[str, Part], names: Iterable[str]) -> list[Row]:
    """Return the rows of all parts named."""
    measured: list[Row] = []
    for name in names:
        with tempfile.TemporaryDirectory(prefix=f"limbeck-{name}-") as work:
            print(f"measuring {name} …", flush=True)
            measured += parts[name](Path(work))
    return measured
