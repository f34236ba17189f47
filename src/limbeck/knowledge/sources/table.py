"""Tables as CSV, TSV, JSON Lines, Excel or Parquet: one row per subject, one column per property."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from limbeck.core.digest import digest_file
from limbeck.core.errors import SourceError
from limbeck.knowledge.source import Record, find_files
from limbeck.knowledge.tables.read import read_tables
from limbeck.knowledge.tables.records import records_of

ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson", ".xlsx", ".xlsm", ".parquet")
SIGNS = (r"PK\x03\x04[\s\S]*xl/workbook\.xml", r"PAR1")
OPTIONS = ("mapping", "sheet")
HOLDS_FACTS = True


def read(location: Path, options: Mapping[str, object]) -> Iterator[Record]:
    """Read every table at a location; `mapping` names a TOML file beside the recipe, `sheet` a sheet of a workbook.

    Raises: SourceError: ragged rows, repeated subjects, an oversized cell, unknown columns.
    """
    sheet = options.get("sheet")
    for path in find_files(location, ENDINGS):
        if sheet is not None and path.suffix.lower() not in (".xlsx", ".xlsm"):
            raise SourceError("only a workbook has sheets", where=str(path), fix="take `sheet` out of the recipe")
        tables = read_tables(path, None if sheet is None else str(sheet))
        digest = digest_file(path)
        for table in tables:
            yield from records_of(table, digest, options)
