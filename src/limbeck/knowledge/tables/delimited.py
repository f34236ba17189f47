"""CSV and TSV, with whatever delimiter the header shows."""

import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from limbeck.core.errors import SourceError
from limbeck.knowledge.decode import read_text
from limbeck.knowledge.tables.table import Line, Table, make_table
from limbeck.knowledge.text import strip_controls

_DELIMITERS = ",\t;|"


def read_delimited(path: Path) -> tuple[Table, ...]:
    """Read the one table of a text file.

    Raises: SourceError: not text, an oversized cell, or no table.
    """
    text = read_text(path).characters
    clean = strip_controls(text)
    table = make_table(path, _lines(path, clean), dropped={"control character": len(text) - len(clean)})
    return (table,)


def _lines(path: Path, text: str) -> Iterator[Line]:
    first = text.lstrip().partition("\n")[0]
    delimiter = "\t" if path.suffix.lower() == ".tsv" else max(_DELIMITERS, key=first.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    at = 1
    try:
        for cells in reader:
            yield at, cells
            at = reader.line_num + 1
    except csv.Error as error:
        limit = f"a cell may hold {csv.field_size_limit()} characters; close the quotes or shorten the cell"
        raise SourceError(f"the table breaks off: {error}", where=f"{path}:{at}", fix=limit) from error
