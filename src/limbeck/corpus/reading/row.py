"""What every kind of file is read into: rows, each with its place, and how the file was read."""

from collections.abc import Mapping
from dataclasses import dataclass

from limbeck.corpus.unusable import Unusable

Fields = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row by its fields, a passage of plain text, or what kept it from being read."""

    where: str
    value: Fields | str | Unusable


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRows:
    """Every row of one file; `form` tells how they were cut, such as `CSV` or `text, a record per paragraph`."""

    name: str
    form: str
    encoding: str
    rows: tuple[Row, ...]
