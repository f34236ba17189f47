"""A data waterfall as a table: rows in by file, dropped by reason with the first of them, kept, tokens trained."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from limbeck.cli.console import table

if TYPE_CHECKING:
    from limbeck.corpus.waterfall import Drop, FileIn, Waterfall

_Cells = tuple[str, str, str]
_LONGEST_NOTE = 72


def waterfall_text(waterfall: "Waterfall") -> str:
    """Lay the waterfall out as aligned lines."""
    return table(list(_lines(waterfall)), right=(1,))


def _lines(waterfall: "Waterfall") -> Iterator[_Cells]:
    yield ("rows in", f"{waterfall.rows:,}", "")
    for file in waterfall.files:
        yield (f"  {file.name}", f"{file.rows:,}", _read_as(file))
    for drop in waterfall.drops:
        yield from _dropped(drop)
    yield ("kept", f"{waterfall.kept:,}", f"{waterfall.kept / max(waterfall.rows, 1):.1%}")
    if waterfall.evaluation:
        yield ("  to train on", f"{waterfall.train:,}", "")
        yield ("  to evaluate on", f"{waterfall.evaluation:,}", "")
    if waterfall.tokens_trained is not None:
        yield ("tokens trained", f"{waterfall.tokens_trained:,}", "")
    for what, count in waterfall.changed.items():
        yield (what, f"{count:,}", "in rows that were kept or dropped later")
    for file in waterfall.held_out:
        yield ("held out", f"{file.rows:,}", f"{file.name}, {_read_as(file)}")


def _read_as(file: "FileIn") -> str:
    return f"{file.format} ({file.encoding})" if file.encoding not in ("", "utf-8") else file.format


def _dropped(drop: "Drop") -> Iterator[_Cells]:
    for number, row in enumerate(drop.examples):
        note = str(row)
        note = note if len(note) <= _LONGEST_NOTE else f"{note[: _LONGEST_NOTE - 1]}…"
        yield (drop.reason, f"−{drop.count:,}", note) if number == 0 else ("", "", note)
