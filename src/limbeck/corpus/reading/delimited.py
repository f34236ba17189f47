"""CSV and TSV: the first line names the columns."""

import csv
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

from limbeck.core.errors import LimbeckError
from limbeck.corpus.reading.row import Row
from limbeck.corpus.unusable import Unusable

_DELIMITERS = ",\t;|"
_LONGEST_CELL = 10_000_000
_LONGEST_NAME = 48


def read_delimited(text: str, name: str, *, is_tsv: bool) -> tuple[Row, ...]:
    """Read the rows of a table; lines that hold nothing at all are none.

    Raises: LimbeckError: no header, or a quoted cell that never ends.
    """
    with _long_cells():
        lines = _lines(text, name, "\t" if is_tsv else _delimiter(text))
        header = next(lines, None)
        if header is None:
            raise LimbeckError("the table is empty", where=name, fix="give it a header and rows")
        names = _names(header, name)
        return tuple(_row(f"{name}:{line}", names, cells) for line, cells in lines if cells)


@contextmanager
def _long_cells() -> Iterator[None]:
    """Let cells be long; the limit is the whole program's, and others count on it."""
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _delimiter(text: str) -> str:
    first = text.lstrip().partition("\n")[0]
    return max(_DELIMITERS, key=first.count)


def _lines(text: str, name: str, delimiter: str) -> Iterator[tuple[int, list[str] | Unusable]]:
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            cells: list[str] | Unusable = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            if "end of data" in str(error):
                fix = 'close the quotes, and write a quote inside a cell twice: ""'
                raise LimbeckError("a quoted cell never ends", where=f"{name}:{line}", fix=fix) from error
            cells = Unusable("broken quotes", str(error), fix='write a quote inside a quoted cell twice: ""')
        yield line, cells
        line = reader.line_num + 1


def _names(header: tuple[int, list[str] | Unusable], name: str) -> list[str]:
    line, cells = header
    where = f"{name}:{line}"
    fix = "let the first line name the columns, such as: question,answer"
    if isinstance(cells, Unusable):
        raise LimbeckError(f"the header cannot be read: {cells.what}", where=where, fix=cells.fix)
    repeated = [cell for cell, count in Counter(cells).items() if count > 1 and cell]
    if repeated:
        raise LimbeckError(f"column {repeated[0]!r} appears twice", where=where, fix="give every column its own name")
    if not all(cells):
        raise LimbeckError(f"column {cells.index('') + 1} has no name", where=where, fix=fix)
    prose = [cell for cell in cells if len(cell) > _LONGEST_NAME or cell[-1] in ".?!。？！"]
    if prose:
        raise LimbeckError(f"the first line does not name columns: {prose[0][:60]!r}", where=where, fix=fix)
    return cells


def _row(where: str, names: list[str], cells: list[str] | Unusable) -> Row:
    if isinstance(cells, Unusable):
        return Row(where=where, value=cells)
    if len(cells) != len(names):
        what = f"{len(cells)} cells where the header has {len(names)}"
        fix = "quote cells that hold a separator, fill missing ones"
        return Row(where=where, value=Unusable("ragged row", what, fix=fix))
    return Row(where=where, value=dict(zip(names, cells, strict=True)))
