"""Parquet: every column that the file has, row by row."""

from collections.abc import Iterator
from pathlib import Path

from limbeck.core.errors import SourceError
from limbeck.knowledge.decode import check_filled
from limbeck.knowledge.extra import extra
from limbeck.knowledge.tables.cells import cell_of
from limbeck.knowledge.tables.table import Line, Table, make_table

_FIX = "write it again, or name the file as what it is"


def read_parquet(path: Path) -> tuple[Table, ...]:
    """Read the one table of a Parquet file.

    Raises: SourceError: not Parquet, cut short, or a column of nested values. MachineError: no pyarrow.
    """
    with extra("parquet", "a Parquet file"):
        import pyarrow as pa
        import pyarrow.parquet as pq

    check_filled(path)
    try:
        with pq.ParquetFile(path) as file:
            return (make_table(path, _lines(file), is_lined=False),)
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise SourceError(f"this Parquet file cannot be read: {reason}", where=str(path), fix=_FIX) from error


def _lines(file: object) -> Iterator[Line]:
    names = list(file.schema_arrow.names)  # type: ignore[attr-defined]
    yield 0, names
    number = 0
    for batch in file.iter_batches():  # type: ignore[attr-defined]
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            number += 1
            cells = zip(names, row, strict=True)
            yield number, [cell_of(value, f"row {number}, column {name!r}") for name, value in cells]
