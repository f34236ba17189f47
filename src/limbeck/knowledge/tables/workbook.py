"""Excel workbooks: a table per sheet, formulas by the values they had when the file was saved.

A merged cell stands for every cell it covers; a row that is one merged cell above the header is a title.
"""

import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from limbeck.core.errors import SourceError
from limbeck.knowledge.container import check_container
from limbeck.knowledge.extra import extra
from limbeck.knowledge.tables.cells import cell_of
from limbeck.knowledge.tables.table import Line, Table, check_size, make_table

_MOST_TOLD = 8
_MOST_MERGED = 1_000_000

Bounds = tuple[int, int, int, int]
"""First and last row, first and last column of a merged cell, counted from 1."""


def read_workbook(path: Path, sheet: str | None = None) -> tuple[Table, ...]:
    """Read the visible sheets of a workbook, or one by name; each is cited as `rooms.xlsx#Sheet`.

    Raises: SourceError: no workbook, damaged, made to do harm, no such sheet, or formulas that were never computed.
    MachineError: no openpyxl.
    """
    with extra("sources", "an Excel workbook"):
        import openpyxl

    check_container(path, part="xl/workbook.xml", what="an Excel workbook (.xlsx)")
    try:
        # it warns of what it does not keep when writing, and nothing is written
        with warnings.catch_warnings(action="ignore"):
            shown = openpyxl.load_workbook(path, read_only=True, data_only=True)
            with closing(shown), closing(openpyxl.load_workbook(path, read_only=True)) as written:
                return _tables(path, shown, written, sheet)
    except SourceError:
        raise
    except Exception as error:  # openpyxl lets whatever a damaged part leads to through
        what = f"the workbook is damaged: {type(error).__name__}: {error}".rstrip(": ")
        raise SourceError(what, where=str(path), fix="open it and save it again as .xlsx") from error


def _tables(path: Path, shown: Any, written: Any, wanted: str | None) -> tuple[Table, ...]:
    names = [sheet.title for sheet in shown.worksheets]
    if wanted is not None and wanted not in names:
        raise SourceError(f"no sheet {wanted!r}", where=str(path), fix=f"the workbook has: {', '.join(names)}")
    left: Counter[str] = Counter()
    read: list[tuple[str, list[Line], Counter[str]]] = []
    for name in names if wanted is None else [wanted]:
        if shown[name].sheet_state != "visible" and wanted is None:
            left[f"hidden sheet: {name}"] += 1
            continue
        dropped: Counter[str] = Counter()
        lines = list(_lines(path, shown[name], written[name], dropped))
        if any(any(cells) for _, cells in lines):
            read.append((name, lines, dropped))
        else:
            left[f"empty sheet: {name}"] += 1
    if not read:
        raise SourceError("the workbook has no visible sheet with cells", where=str(path), fix="fill a sheet")
    # what was left out of the file is told with its first sheet
    read[0][2].update(left)
    return tuple(
        make_table(path.with_name(f"{path.name}#{name}"), lines, dropped=dropped, is_lined=False)
        for name, lines, dropped in read
    )


def _lines(path: Path, shown: Any, written: Any, dropped: Counter[str]) -> Iterator[Line]:
    """Yield the rows down to the last that has a cell, all as wide as the widest."""
    for sheet in (shown, written):
        sheet.reset_dimensions()
    merged = _merged(path, shown)
    grid = _grid(path, shown, written, dropped)
    _spread(grid, merged)
    width = max((len(cells) for cells in grid), default=0)
    check_size(path, len(grid), width)
    start = _titles(grid, merged)
    if start:
        dropped["title row"] += start
    for number, cells in enumerate(grid[start:], start=start + 1):
        yield number, cells + [""] * (width - len(cells))


def _grid(path: Path, shown: Any, written: Any, dropped: Counter[str]) -> list[list[str]]:
    grid: list[list[str]] = []
    uncomputed: list[str] = []
    for values, formulas in zip(shown.iter_rows(), written.iter_rows(), strict=True):
        cells = []
        for value, formula in zip(values, formulas, strict=True):
            if formula.data_type == "f" and value.value is None:
                uncomputed.append(f"{shown.title}!{formula.coordinate}")
            if value.data_type == "e":
                dropped[f"cell with the error {value.value}"] += 1
            cells.append("" if value.data_type == "e" else _text(value))
        while cells and not cells[-1].strip():
            cells.pop()
        grid.append(cells)
    while grid and not grid[-1]:
        grid.pop()
    if uncomputed:
        told = ", ".join(uncomputed[:_MOST_TOLD]) + (", …" if len(uncomputed) > _MOST_TOLD else "")
        what = f"{len(uncomputed)} formulas have no stored value: {told}"
        fix = "open the file in Excel or LibreOffice and save it, or put values in place of the formulas"
        raise SourceError(what, where=str(path), fix=fix)
    return grid


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:  # a cell that the file leaves out has no place either
        return ""
    if isinstance(value, float | int) and not isinstance(value, bool) and "%" in (cell.number_format or ""):
        return f"{cell_of(round(value * 100, 10), cell.coordinate)}%"
    return cell_of(value, cell.coordinate)


def _merged(path: Path, sheet: Any) -> list[Bounds]:
    """Return the merged cells, which a sheet that is read row by row does not tell."""
    from defusedxml.ElementTree import iterparse
    from openpyxl.utils import range_boundaries

    found: list[Bounds] = []
    with sheet._get_source() as part:
        for _, element in iterparse(part):
            if element.tag.endswith("}mergeCell"):
                left, top, right, bottom = range_boundaries(element.get("ref"))
                found.append((top, bottom, left, right))
            elif element.tag.endswith("}row"):
                element.clear()
    if sum((bottom - top + 1) * (right - left + 1) for top, bottom, left, right in found) > _MOST_MERGED:
        fix = "take the merging out, or save the table as CSV"
        raise SourceError(f"sheet {sheet.title!r} merges over {_MOST_MERGED} cells", where=str(path), fix=fix)
    return found


def _spread(grid: list[list[str]], merged: list[Bounds]) -> None:
    for top, bottom, left, right in merged:
        has_value = top <= len(grid) and left <= len(grid[top - 1])
        value = grid[top - 1][left - 1] if has_value else ""
        for row in grid[top - 1 : bottom] if value else ():
            row.extend([""] * (right - len(row)))
            row[left - 1 : right] = [value] * (right - left + 1)


def _titles(grid: list[list[str]], merged: list[Bounds]) -> int:
    """Count the rows at the top that hold one merged cell and nothing else, blank ones among them."""
    wide = {top: (left, right) for top, bottom, left, right in merged if top == bottom and right > left}
    titles = 0
    for number, cells in enumerate(grid, start=1):
        left, right = wide.get(number, (0, 0))
        others = cells[: left - 1] + cells[right:] if right else cells
        if any(others):
            break
        titles = number if right else titles
    return titles
