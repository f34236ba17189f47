"""Tables as CSV or TSV: one row per subject, one column per property."""

import csv
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from limbeck.core.errors import SourceError
from limbeck.knowledge.decode import read_text
from limbeck.knowledge.evidence import Label
from limbeck.knowledge.rendering import Value
from limbeck.knowledge.source import Dropped, FileRead, PropertyRead, Record, RowRead, find_files
from limbeck.knowledge.sources._mapping import PropertyColumns, TableMapping, guess_mapping, read_mapping
from limbeck.knowledge.text import name_key, strip_controls

ENDINGS = (".csv", ".tsv")
OPTIONS = ("mapping",)
HOLDS_FACTS = True
_DELIMITERS = ",\t;|"
_SHORT_CHARS = 60
_ALIAS_SEPARATOR = ";"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    number: int
    line: int
    cells: Mapping[str, str]


def read(location: Path, options: Mapping[str, object]) -> Iterator[Record]:
    """Read every table at a location; `mapping` names a TOML file beside the recipe.

    Raises: SourceError: ragged rows, repeated subjects, an oversized cell, unknown columns.
    """
    for path in find_files(location, ENDINGS):
        yield from _read_table(path, options)


def _read_table(path: Path, options: Mapping[str, object]) -> Iterator[Record]:
    text = read_text(path)
    clean = strip_controls(text.characters)
    headers, rows, blank = _parse(path, clean)
    mapping, digest = _mapping_for(path, options, headers, rows)
    _check_subjects(path, mapping, rows)
    yield FileRead(path=path, digest=hashlib.sha256((text.digest + digest).encode()).hexdigest())
    for known in mapping.properties:
        yield PropertyRead(property=known.property, rendering=known.rendering)
    nameless = 0
    for row in rows:
        subject = _sides(mapping.subject, row)
        if subject is None:
            nameless += 1
            continue
        yield _read_row(row, subject, mapping)
    unused = [header for header in headers if header not in _used(mapping)]
    removed = len(text.characters) - len(clean)
    counted = {"blank row": blank, "row without a subject": nameless, "control character": removed}
    for reason, count in {**counted, **{f"column not in the mapping: {header}": 1 for header in unused}}.items():
        if count:
            yield Dropped(reason=reason, count=count)


def _parse(path: Path, text: str) -> tuple[list[str], list[_Row], int]:
    first = text.lstrip().partition("\n")[0]
    delimiter = "\t" if path.suffix.lower() == ".tsv" else max(_DELIMITERS, key=first.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    lines: list[tuple[int, list[str]]] = []
    blank = 0
    at = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                lines.append((at, [cell.strip() for cell in cells]))
            else:
                blank += 1
            at = reader.line_num + 1
    except csv.Error as error:
        limit = f"a cell may hold {csv.field_size_limit()} characters; close the quotes or shorten the cell"
        raise SourceError(f"the table breaks off: {error}", where=f"{path}:{at}", fix=limit) from error
    headers = _headers(path, lines)
    return headers, _rows(path, headers, lines[1:]), blank


def _headers(path: Path, lines: Sequence[tuple[int, list[str]]]) -> list[str]:
    if not lines:
        raise SourceError("the table is empty", where=str(path), fix="give it a header and rows")
    headers = lines[0][1]
    repeated = [header for header, count in Counter(headers).items() if count > 1 and header]
    if repeated or not all(headers):
        what = f"column {repeated[0]!r} appears twice" if repeated else f"column {headers.index('') + 1} has no name"
        raise SourceError(what, where=f"{path}:{lines[0][0]}", fix="give every column its own name")
    if len(lines) == 1:
        raise SourceError("the table has a header and no rows", where=str(path), fix="add rows")
    return headers


def _rows(path: Path, headers: list[str], lines: Sequence[tuple[int, list[str]]]) -> list[_Row]:
    ragged = [
        f"{path}:{line}: {len(cells)} cells where the header has {len(headers)}"
        for line, cells in lines
        if len(cells) != len(headers)
    ]
    if ragged:
        what = f"{len(ragged)} ragged rows" if len(ragged) > 1 else "a ragged row"
        raise SourceError(
            what, where="\n       ".join(ragged), fix="quote cells that hold a separator, fill missing ones"
        )
    return [
        _Row(number=number, line=line, cells=dict(zip(headers, cells, strict=True)))
        for number, (line, cells) in enumerate(lines, start=1)
    ]


def _mapping_for(
    path: Path, options: Mapping[str, object], headers: list[str], rows: list[_Row]
) -> tuple[TableMapping, str]:
    separators = {header: ";" for header in headers if _is_list(header, rows)}
    guess = guess_mapping(headers, separators=separators, kind=headers[0].replace("_", " "))
    given = options.get("mapping")
    if given is None:
        return guess, ""
    mapping_path = Path(str(options.get("root", path.parent))) / str(given)
    mapping = read_mapping(mapping_path, headers, guess=guess)
    return mapping, hashlib.sha256(mapping_path.read_bytes()).hexdigest()


def _is_list(header: str, rows: list[_Row]) -> bool:
    cells = [row.cells[header] for row in rows]
    parts = [part for cell in cells for part in cell.split(";")]
    return len(parts) > len(cells) and all(0 < len(part.strip()) <= _SHORT_CHARS for part in parts if part)


def _check_subjects(path: Path, mapping: TableMapping, rows: list[_Row]) -> None:
    seen: dict[str, _Row] = {}
    repeated = []
    for row in rows:
        subject = _sides(mapping.subject, row)
        if subject is None:
            continue
        earlier = seen.setdefault(name_key(subject.en) or subject.en, row)
        if earlier is not row:
            repeated.append(f"{path}:{row.line}: {subject.en!r} stands already in line {earlier.line}")
    if repeated:
        what = "a subject has two rows" if len(repeated) == 1 else f"{len(repeated)} rows repeat a subject"
        raise SourceError(what, where="\n       ".join(repeated), fix="keep one row per subject; part values with ';'")


def _read_row(row: _Row, subject: Label, mapping: TableMapping) -> RowRead:
    cells = [row.cells[column].split(_ALIAS_SEPARATOR) for column in mapping.aliases]
    values = {known.property.id: _values(known, row) for known in mapping.properties}
    return RowRead(
        number=row.number,
        text="\n".join(f"{header}: {cell}" for header, cell in row.cells.items()),
        subject=subject,
        kind=mapping.kind,
        aliases=tuple(name.strip() for names in cells for name in names if name.strip()),
        values={name: found for name, found in values.items() if found},
    )


def _sides(columns: Mapping[str, str], row: _Row) -> Label | None:
    """Read a cell in both languages; a side that is missing repeats the other."""
    neutral = row.cells[columns[""]] if "" in columns else ""
    en, zh = (row.cells[columns[side]] if side in columns else neutral for side in ("en", "zh"))
    return Label(en=en or zh, zh=zh or en) if en or zh else None


def _values(known: PropertyColumns, row: _Row) -> tuple[Value, ...]:
    whole = _sides(known.columns, row)
    if whole is None:
        return ()
    paired = all(side in known.columns and row.cells[known.columns[side]] for side in ("en", "zh"))
    return known.rendering.values(whole, paired=paired)


def _used(mapping: TableMapping) -> set[str]:
    columns = {column for known in mapping.properties for column in known.columns.values()}
    return columns | set(mapping.subject.values()) | set(mapping.aliases)
