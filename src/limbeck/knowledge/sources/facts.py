"""Facts that `limbeck kb export` wrote as CSV or JSON Lines: one line for each fact, in both languages."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from limbeck.core.errors import KnowledgeError, SourceError
from limbeck.corpus.language import LANGUAGES
from limbeck.corpus.schema import Property
from limbeck.knowledge.decode import read_text
from limbeck.knowledge.fact_columns import ALIAS_SEPARATOR, COLUMNS, HEADER, NEEDED, label_of
from limbeck.knowledge.rendering import Rendering
from limbeck.knowledge.source import FileRead, PropertyRead, Record, RowRead, find_files
from limbeck.knowledge.tables.mapping import default_answer
from limbeck.knowledge.validity import Validity

SHARED_ENDINGS = (".csv", ".jsonl", ".ndjson")
SIGNS = (r"\Asubject_en[,;\t]subject_zh[,;\t]", r'\A\{"limbeck": "facts"')
OPTIONS = ()
HOLDS_FACTS = True
_FIX = "give a file that `limbeck kb export` wrote as CSV or JSON Lines"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    place: str
    record: Mapping[str, str]


def read(location: Path, options: Mapping[str, object]) -> Iterator[Record]:
    """Read every export at a location.

    Raises: SourceError: not an export, a line that lacks something, or a day that is none.
    """
    for path in find_files(location, SHARED_ENDINGS):
        text = read_text(path)
        yield FileRead(path=path, digest=text.digest)
        suffix = path.suffix.lower()
        is_csv = suffix == ".csv" or (suffix not in SHARED_ENDINGS and not text.characters.startswith("{"))
        known, lines = _read_csv(path, text.characters) if is_csv else _read_json(path, text.characters)
        yield from known
        for number, line in enumerate(lines, start=1):
            yield _row(number, line)


def _read_csv(path: Path, text: str) -> tuple[list[PropertyRead], list[_Line]]:
    first = text.partition("\n")[0]
    reader = csv.reader(StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    lines = []
    try:
        header = next(reader)
        _check_names(header, f"{path}:1")
        for cells in reader:
            place = f"{path}:{reader.line_num}"
            if len(cells) != len(header):
                raise SourceError(f"{len(cells)} cells where the header has {len(header)}", where=place, fix=_FIX)
            lines.append(_Line(place=place, record=dict(zip(header, cells, strict=True))))
    except csv.Error as error:
        raise SourceError(f"the table breaks off: {error}", where=f"{path}:{reader.line_num}", fix=_FIX) from error
    checked = [_checked(line) for line in lines]
    if not checked:
        raise SourceError("the table has a header and no facts", where=str(path), fix="add facts")
    return _properties(checked), checked


def _read_json(path: Path, text: str) -> tuple[list[PropertyRead], list[_Line]]:
    known, lines = [], []
    for number, written in enumerate(text.rstrip("\r\n").split("\n"), start=1):
        place = f"{path}:{number}"
        try:
            said = json.loads(written)
            if number == 1:
                if said != HEADER:
                    raise SourceError("this is no export of facts that we read", where=place, fix=_FIX)
            elif "property" in said:
                rendering = Rendering.from_json(said["rendering"])
                known.append(PropertyRead(property=Property.from_json(said["property"]), rendering=rendering))
            else:
                lines.append(_checked(_Line(place=place, record=_texts(said["fact"], place))))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SourceError(f"this line is no fact and no property: {error}", where=place, fix=_FIX) from error
    declared = {read.property.id for read in known}
    return known + _properties([line for line in lines if line.record["property"] not in declared]), lines


def _texts(record: Any, place: str) -> dict[str, str]:
    _check_names(list(record), place, is_whole=False)
    if not all(isinstance(value, str) for value in record.values()):
        raise SourceError("a field is no text", where=place, fix="put it between double quotes")
    return dict(record)


def _check_names(names: list[str], place: str, *, is_whole: bool = True) -> None:
    unknown = [name for name in names if name not in COLUMNS]
    missing = [name for name in NEEDED if name not in names] if is_whole else []
    if unknown or missing:
        what = f"unknown column {unknown[0]!r}" if unknown else f"column {missing[0]!r} is missing"
        raise SourceError(what, where=place, fix=f"the columns are: {', '.join(COLUMNS)}")


def _checked(line: _Line) -> _Line:
    for name in ("subject", "value", "property"):
        if not any(line.record.get(column, "").strip() for column in (name, f"{name}_en", f"{name}_zh")):
            raise SourceError(f"the {name} is empty", where=line.place, fix="fill it, or take the line out")
    if not line.record.get("property"):
        raise SourceError("the property has no id", where=line.place, fix="fill the column 'property'")
    return line


def _properties(lines: list[_Line]) -> list[PropertyRead]:
    """Declare the properties of a table; one of which a subject has several values takes several, parted by `;`."""
    first: dict[str, Mapping[str, str]] = {}
    units: dict[str, Mapping[str, str]] = {}
    said: dict[tuple[str, str], set[str]] = {}
    for line in lines:
        name = line.record["property"]
        first.setdefault(name, line.record)
        if found := _units(line.record):
            units.setdefault(name, found)
        subject, value = label_of(line.record, "subject"), label_of(line.record, "value")
        said.setdefault((name, subject.en), set()).add(value.en)
    several = {name for (name, _), values in said.items() if len(values) > 1}
    return [
        PropertyRead(
            property=_property(name, record),
            rendering=Rendering(separator=ALIAS_SEPARATOR if name in several else "", units=units.get(name, {})),
        )
        for name, record in first.items()
    ]


def _property(name: str, record: Mapping[str, str]) -> Property:
    label = label_of(record, "property")
    en, zh = label.en or name, label.zh or name
    return Property(
        id=name,
        labels={"en": (en,), "zh": (zh,)},
        answer=default_answer({"en": en, "zh": zh}),
        questions={side: () for side in LANGUAGES},
    )


def _units(record: Mapping[str, str]) -> dict[str, str]:
    unit = label_of(record, "unit")
    return {side: unit.get(side) for side in LANGUAGES} if unit.en else {}


def _row(number: int, line: _Line) -> RowRead:
    record = line.record
    try:
        valid = Validity.of(record.get("valid_from", ""), record.get("valid_until", ""))
    except KnowledgeError as error:
        raise SourceError(error.what, where=line.place, fix=error.fix) from error
    aliases = record.get("aliases", "").split(ALIAS_SEPARATOR)
    return RowRead(
        number=number,
        text="\n".join(f"{name}: {value}" for name, value in record.items() if value),
        subject=label_of(record, "subject"),
        kind=label_of(record, "kind"),
        aliases=tuple(name.strip() for name in aliases if name.strip()),
        values={record["property"]: Rendering(units=_units(record)).values(label_of(record, "value"), paired=True)},
        valid=valid,
    )
