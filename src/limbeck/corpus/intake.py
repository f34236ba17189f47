"""Any files of training data in, records to train on and to evaluate on out, and where every row went.

    files ─► rows ─► records ─► cleaned ─► without duplicates ─► train and evaluation, without leaks

The same files and options give the same records.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from limbeck.core.errors import LimbeckError
from limbeck.core.progress import Progress, silent
from limbeck.corpus.cleaning.duplicates import drop_near_duplicates, drop_repeated
from limbeck.corpus.cleaning.leaks import drop_leaks
from limbeck.corpus.cleaning.split import split_off
from limbeck.corpus.options import IntakeOptions
from limbeck.corpus.reading.names import names_of
from limbeck.corpus.record import Record
from limbeck.corpus.take_file import FileTaken, take_file
from limbeck.corpus.unusable import BadRow
from limbeck.corpus.waterfall import Drop, Waterfall, added

__all__ = ["Intake", "IntakeOptions", "take_in"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What to train on, what to evaluate on, and where every row went."""

    train: tuple[Record, ...]
    evaluation: tuple[Record, ...]
    waterfall: Waterfall


def take_in(paths: Sequence[Path], options: IntakeOptions | None = None, *, progress: Progress = silent) -> Intake:
    """Read, recognise, clean and split files of training data.

    Raises: LimbeckError: a file cannot be read or recognised, more than 5 % of its rows are unusable, or no record
    is left.
    """
    options = options or IntakeOptions()
    if not paths:
        raise LimbeckError("there is no file to read", fix="name at least one file of training data")
    held_out = _held_out(paths, options)
    files = []
    names = names_of([*paths, *options.held_out])
    for number, path in enumerate(paths):
        progress(number, len(paths), f"reading {names[number]}")
        files.append(take_file(path, names[number], options))
    sieve = _Sieve(files)
    sieve.clean(options, progress)
    train, evaluation = split_off(sieve.records, options.eval_share, options.seed)
    outside = [*evaluation, *(record for file in held_out for record in file.records)]
    if outside:
        train, leaking = drop_leaks(train, outside)
        sieve.drop("given away by evaluation data", leaking)
    waterfall = Waterfall(
        files=tuple(file.read for file in files),
        drops=tuple(sieve.drops.values()),
        train=len(train),
        evaluation=len(evaluation),
        changed=dict(sieve.changed),
        held_out=tuple(file.read for file in held_out),
    )
    if not train:
        raise _nothing_left(waterfall)
    return Intake(train=tuple(train), evaluation=tuple(evaluation), waterfall=waterfall)


def _held_out(paths: Sequence[Path], options: IntakeOptions) -> list[FileTaken]:
    names = names_of([*paths, *options.held_out])[len(paths) :]
    return [take_file(path, name, options) for path, name in zip(options.held_out, names, strict=True)]


@final
class _Sieve:
    """The records of an intake, fewer with every step, and what each step left out."""

    def __init__(self, files: Sequence[FileTaken]) -> None:
        self.records = [record for file in files for record in file.records]
        self.drops: dict[str, Drop] = {}
        self.changed: Counter[str] = Counter()
        for file in files:
            self.changed.update(file.changed)
            for reason, rows in file.unusable.items():
                self.drop(reason, rows)

    def drop(self, reason: str, rows: Sequence[BadRow]) -> None:
        """Count rows that a step left out."""
        if rows:
            self.drops[reason] = added(self.drops.get(reason), reason, rows)

    def clean(self, options: IntakeOptions, progress: Progress) -> None:
        """Take every cleaning step the options ask for, the cheap ones first."""
        self._limit_length(options)
        if options.languages:
            from limbeck.corpus.cleaning.identify import keep_languages

            progress(0, 1, "telling languages")
            self.records, others = keep_languages(self.records, options.languages)
            self.drop(f"not in {', '.join(options.languages)}", others)
        if options.mask_pii:
            from limbeck.corpus.cleaning.personal import mask_records

            progress(0, 1, "masking personal data")
            self.records, masked = mask_records(self.records)
            self.changed.update({f"{kind} masked": count for kind, count in masked.items()})
        self.records, repeated = drop_repeated(self.records)
        self.drop("repeated", repeated)
        if options.near_duplicates is not None:
            self.records, near = drop_near_duplicates(self.records, options.near_duplicates, progress)
            self.drop("near duplicate", near)

    def _limit_length(self, options: IntakeOptions) -> None:
        longest = float("inf") if options.max_characters is None else options.max_characters
        kept: list[Record] = []
        short: list[BadRow] = []
        long: list[BadRow] = []
        for record in self.records:
            row = BadRow(where=record.where, what=f"{record.characters} characters")
            side = short if record.characters < options.min_characters else long
            if options.min_characters <= record.characters <= longest:
                kept.append(record)
            else:
                side.append(row)
        self.records = kept
        self.drop(f"shorter than {options.min_characters} characters", short)
        self.drop(f"longer than {options.max_characters} characters", long)


def _nothing_left(waterfall: Waterfall) -> LimbeckError:
    told = [f"{drop.count} {drop.reason}, such as {drop.examples[0]}" for drop in waterfall.drops]
    what = f"no record is left to train on: {waterfall.rows} rows in, {waterfall.dropped} dropped, "
    what += f"{waterfall.evaluation} set aside"
    fix = "relax what dropped most, or give more data"
    return LimbeckError(what, where="\n       ".join(told) or None, fix=fix)
