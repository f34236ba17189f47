"""A file to its tables, by its ending; one that is not known is read as CSV."""

from pathlib import Path

from limbeck.knowledge.tables.table import Table


def read_tables(path: Path, sheet: str | None = None) -> tuple[Table, ...]:
    """Read the tables of a file: one, or for a workbook one a sheet, unless `sheet` names the one.

    Raises: SourceError: it cannot be read as what its ending says. MachineError: an extra is not installed.
    """
    match path.suffix.lower():
        case ".jsonl" | ".ndjson":
            from limbeck.knowledge.tables.json_lines import read_json_lines

            return read_json_lines(path)
        case ".xlsx" | ".xlsm":
            from limbeck.knowledge.tables.workbook import read_workbook

            return read_workbook(path, sheet)
        case ".parquet":
            from limbeck.knowledge.tables.parquet import read_parquet

            return read_parquet(path)
        case _:
            from limbeck.knowledge.tables.delimited import read_delimited

            return read_delimited(path)
