"""A table to records: the mapping tells which columns are the subject, its names and its properties."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from limbeck.core.errors import SourceError
from limbeck.knowledge.evidence import Label
from limbeck.knowledge.rendering import Value
from limbeck.knowledge.source import FileRead, PropertyRead, Record, RowRead, left_out
from limbeck.knowledge.tables.mapping import PropertyColumns, TableMapping, guess_mapping, read_mapping
from limbeck.knowledge.tables.table import Row, Table
from limbeck.knowledge.text import subject_key

_SHORT_CHARS = 60
_ALIAS_SEPARATOR = ";"


def records_of(table: Table, digest: str, options: Mapping[str, object]) -> Iterator[Record]:
    """Yield what a table says; `digest` is of where it was read, `mapping` of the options is a TOML file.

    Raises: SourceError: a subject that stands twice, a mapping that does not fit.
    """
    mapping, mapping_digest = _mapping_for(table, options)
    _check_subjects(table, mapping)
    yield FileRead(path=table.path, digest=hashlib.sha256((digest + mapping_digest).encode()).hexdigest())
    for known in mapping.properties:
        yield PropertyRead(property=known.property, rendering=known.rendering)
    nameless = 0
    for row in table.rows:
        subject = _sides(mapping.subject, row)
        if subject is None:
            nameless += 1
            continue
        yield _read_row(row, subject, mapping)
    used = _used(mapping)
    unused = {f"column not in the mapping: {header}": 1 for header in table.headers if header not in used}
    yield from left_out({**table.dropped, "row without a subject": nameless, **unused})


def _mapping_for(table: Table, options: Mapping[str, object]) -> tuple[TableMapping, str]:
    separators = {header: ";" for header in table.headers if _is_list(header, table.rows)}
    guess = guess_mapping(table.headers, separators=separators, kind=table.headers[0].replace("_", " "))
    given = options.get("mapping")
    if given is None:
        return guess, ""
    path = Path(str(options.get("root", table.path.parent))) / str(given)
    mapping = read_mapping(path, table.headers, guess=guess)
    return mapping, hashlib.sha256(path.read_bytes()).hexdigest()


def _is_list(header: str, rows: tuple[Row, ...]) -> bool:
    cells = [row.cells[header] for row in rows]
    parts = [part for cell in cells for part in cell.split(";")]
    return len(parts) > len(cells) and all(0 < len(part.strip()) <= _SHORT_CHARS for part in parts if part)


def _check_subjects(table: Table, mapping: TableMapping) -> None:
    seen: dict[str, Row] = {}
    repeated = []
    for row in table.rows:
        subject = _sides(mapping.subject, row)
        if subject is None:
            continue
        earlier = seen.setdefault(subject_key(subject.en), row)
        if earlier is not row:
            unit = "line" if table.is_lined else "row"
            repeated.append(f"{table.place(row.line)}: {subject.en!r} stands already in {unit} {earlier.line}")
    if repeated:
        what = "a subject has two rows" if len(repeated) == 1 else f"{len(repeated)} rows repeat a subject"
        raise SourceError(what, where="\n       ".join(repeated), fix="keep one row per subject; part values with ';'")


def _read_row(row: Row, subject: Label, mapping: TableMapping) -> RowRead:
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


def _sides(columns: Mapping[str, str], row: Row) -> Label | None:
    """Read a cell in both languages; a side that is missing repeats the other."""
    neutral = row.cells[columns[""]] if "" in columns else ""
    en, zh = (row.cells[columns[side]] if side in columns else neutral for side in ("en", "zh"))
    return Label(en=en or zh, zh=zh or en) if en or zh else None


def _values(known: PropertyColumns, row: Row) -> tuple[Value, ...]:
    whole = _sides(known.columns, row)
    if whole is None:
        return ()
    paired = all(side in known.columns and row.cells[known.columns[side]] for side in ("en", "zh"))
    return known.rendering.values(whole, paired=paired)


def _used(mapping: TableMapping) -> set[str]:
    columns = {column for known in mapping.properties for column in known.columns.values()}
    return columns | set(mapping.subject.values()) | set(mapping.aliases)
