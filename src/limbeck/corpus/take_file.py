"""One file to records: read, recognised, every row in the one form; too many unusable rows stop it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from limbeck.core.errors import LimbeckError
from limbeck.corpus.cleaning.characters import clean_record
from limbeck.corpus.layouts.recognise import recognise, to_record
from limbeck.corpus.options import MOST_UNUSABLE, IntakeOptions
from limbeck.corpus.reading.file import read_file
from limbeck.corpus.record import Record
from limbeck.corpus.unusable import BadRow, Unusable
from limbeck.corpus.waterfall import NUM_EXAMPLES, FileIn

_CLEANED = "characters cleaned"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTaken:
    """What one file gave: its records in order, and its unusable rows by reason."""

    read: FileIn
    records: tuple[Record, ...]
    unusable: Mapping[str, tuple[BadRow, ...]]
    changed: Mapping[str, int]


def take_file(path: Path, name: str, options: IntakeOptions) -> FileTaken:
    """Read a file into records; `name` is what it is called in places.

    Raises: LimbeckError: it cannot be read or recognised, or more than 5 % of its rows are unusable.
    """
    file = read_file(path, name, unit=options.unit)
    layout = recognise(file, options.fields)
    records, unusable = [], []
    for row in file.rows:
        try:
            record = to_record(row, layout, options.fields)
            records.append((record, clean_record(record)))
        except Unusable as error:
            unusable.append((row.where, error))
    if len(unusable) > MOST_UNUSABLE * len(file.rows):
        raise _too_many(name, len(file.rows), unusable)
    told = f"{file.form}: {layout}" if layout.fields else file.form
    changed = sum(before != after for before, after in records)
    return FileTaken(
        read=FileIn(name=name, format=told, encoding=file.encoding, rows=len(file.rows)),
        records=tuple(after for _, after in records),
        unusable=_by_reason(unusable),
        changed={_CLEANED: changed} if changed else {},
    )


def _by_reason(unusable: list[tuple[str, Unusable]]) -> dict[str, tuple[BadRow, ...]]:
    found: dict[str, list[BadRow]] = {}
    for where, error in unusable:
        found.setdefault(error.reason, []).append(BadRow(where=where, what=error.what))
    return {reason: tuple(rows) for reason, rows in found.items()}


def _too_many(name: str, rows: int, unusable: list[tuple[str, Unusable]]) -> LimbeckError:
    counted = Counter(error.reason for _, error in unusable)
    reasons = ", ".join(f"{count} {reason}" for reason, count in counted.most_common())
    what = f"{len(unusable)} of {rows} rows of {name} cannot be used ({reasons}); at most {MOST_UNUSABLE:.0%} may be so"
    first = [str(BadRow(where=where, what=error.what)) for where, error in unusable[:NUM_EXAMPLES]]
    commonest = next(error for _, error in unusable if error.reason == counted.most_common(1)[0][0])
    return LimbeckError(what, where="\n       ".join(first), fix=commonest.fix)
