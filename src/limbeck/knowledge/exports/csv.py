"""CSV: one line for each fact and each row that states it; `limbeck kb build` reads it again."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO

from limbeck.knowledge.fact_columns import COLUMNS, records_of
from limbeck.knowledge.fact_rows import FactTable

ENDINGS = (".csv",)


def write(table: FactTable) -> Iterator[str]:
    """Yield the header and the lines, in UTF-8."""
    yield _line(COLUMNS)
    for record in records_of(table):
        yield _line(record.values())


def _line(cells: Iterable[str]) -> str:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
