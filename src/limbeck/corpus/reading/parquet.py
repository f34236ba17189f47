"""Parquet: every column that the file has, row by row."""

from pathlib import Path

from limbeck.core.errors import LimbeckError
from limbeck.corpus.reading.row import Row


def read_parquet(path: Path, data: bytes, name: str) -> tuple[Row, ...]:
    """Read every row of a Parquet file; places count rows from 1.

    Raises: LimbeckError: not Parquet, or cut short.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(data))
        rows = table.to_pylist()
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        fix = "write it again, or name the file as what it is"
        raise LimbeckError(f"this is no whole Parquet file: {reason}", where=str(path), fix=fix) from error
    return tuple(Row(where=f"{name}:{number}", value=row) for number, row in enumerate(rows, start=1))
