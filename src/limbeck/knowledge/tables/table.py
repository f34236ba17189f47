"""A table as it was read, whatever its form: a header, and rows that each know their place."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from limbeck.core.errors import SourceError
from limbeck.knowledge.text import strip_controls

_MOST_CELLS = 20_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: its number (1 is the first below the header), the line it begins at, its cells by header."""

    number: int
    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The rows of a file, or of one sheet of it; `dropped` counts what was left out or changed, by reason."""

    path: Path
    headers: tuple[str, ...]
    rows: tuple[Row, ...]
    dropped: Mapping[str, int]
    is_lined: bool = True

    def place(self, line: int) -> str:
        """Write where a row begins."""
        return place(self.path, line, is_lined=self.is_lined)


Line = tuple[int, list[str]]
"""Where a row begins, and its cells."""


def place(path: Path, line: int, *, is_lined: bool) -> str:
    """Write a line of a text file as editors take it, `t.csv:3`, or a row of what has no lines, `t.xlsx#A row 3`."""
    return f"{path}:{line}" if is_lined else f"{path} row {line}"


def check_size(path: Path, rows: int, columns: int) -> None:
    """Refuse a grid that would not fit into memory, as one stray cell at the edge of a sheet makes it.

    Raises: SourceError: too many cells.
    """
    if rows * columns > _MOST_CELLS:
        what = f"{rows:,} rows of {columns:,} columns are more than {_MOST_CELLS:,} cells"
        raise SourceError(what, where=str(path), fix="delete stray cells beside the table, or split it into files")


def make_table(
    path: Path, lines: Iterable[Line], *, dropped: Mapping[str, int] | None = None, is_lined: bool = True
) -> Table:
    """Take the first line that is not blank as the header, the others as rows.

    Raises: SourceError: no rows, a column without a name or named twice, ragged rows.
    """
    counted = Counter(dropped or {})
    kept: list[Line] = []
    for line, cells in lines:
        stripped = [strip_controls(cell) for cell in cells]
        counted["control character"] += sum(map(len, cells)) - sum(map(len, stripped))
        clean = [cell.strip() for cell in stripped]
        if any(clean):
            kept.append((line, clean))
        else:
            counted["blank row"] += 1
    headers = _headers(path, kept, is_lined=is_lined)
    _check_width(path, len(headers), kept[1:], is_lined=is_lined)
    rows = tuple(
        Row(number=number, line=line, cells=dict(zip(headers, cells, strict=True)))
        for number, (line, cells) in enumerate(kept[1:], start=1)
    )
    return Table(path=path, headers=tuple(headers), rows=rows, dropped=counted, is_lined=is_lined)


def _headers(path: Path, lines: list[Line], *, is_lined: bool) -> list[str]:
    if not lines:
        raise SourceError("the table is empty", where=str(path), fix="give it a header and rows")
    line, headers = lines[0]
    repeated = [header for header, count in Counter(headers).items() if count > 1 and header]
    if repeated or not all(headers):
        what = f"column {repeated[0]!r} appears twice" if repeated else f"column {headers.index('') + 1} has no name"
        where = place(path, line, is_lined=is_lined)
        raise SourceError(what, where=where, fix="give every column its own name")
    if len(lines) == 1:
        raise SourceError("the table has a header and no rows", where=str(path), fix="add rows")
    return headers


def _check_width(path: Path, width: int, lines: list[Line], *, is_lined: bool) -> None:
    ragged = [
        f"{place(path, line, is_lined=is_lined)}: {len(cells)} cells where the header has {width}"
        for line, cells in lines
        if len(cells) != width
    ]
    if ragged:
        what = f"{len(ragged)} ragged rows" if len(ragged) > 1 else "a ragged row"
        fix = "quote cells that hold a separator, fill missing ones"
        raise SourceError(what, where="\n       ".join(ragged), fix=fix)
