"""Where every row went: rows in, dropped by reason, kept, tokens trained; it always adds up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from limbeck.corpus.unusable import BadRow

NUM_EXAMPLES = 3
Side = Literal["train", "evaluation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileIn:
    """A file that was read: how it was recognised, its encoding (empty where it has none) and its rows."""

    name: str
    format: str
    encoding: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """How many rows were left out for one reason, and the first three of them."""

    reason: str
    count: int
    examples: tuple[BadRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """The way of the rows from the files to the training.

    changed: how many things were changed in rows that were kept, by what was done.
    held_out: files that were only read to keep their content out of the training; their rows are not counted.
    Raises: ValueError: the numbers do not add up.
    """

    files: tuple[FileIn, ...]
    drops: tuple[Drop, ...]
    train: int
    evaluation: int = 0
    changed: Mapping[str, int] = field(default_factory=dict)
    held_out: tuple[FileIn, ...] = ()
    tokens_trained: int | None = None

    def __post_init__(self) -> None:
        if min(self.train, self.evaluation) < 0 or self.rows != self.dropped + self.kept:
            raise ValueError(f"{self.rows} rows in, but {self.dropped} dropped and {self.kept} kept")

    @property
    def rows(self) -> int:
        """Rows in, of all files."""
        return sum(file.rows for file in self.files)

    @property
    def dropped(self) -> int:
        """Rows left out, for all reasons."""
        return sum(drop.count for drop in self.drops)

    @property
    def kept(self) -> int:
        """Rows that are there still, on both sides."""
        return self.train + self.evaluation

    def with_drop(self, reason: str, rows: Sequence[BadRow], *, side: Side = "train") -> "Waterfall":
        """Return the waterfall after a later step left rows out of one side; a known reason is added to.

        Raises: ValueError: more rows than that side has.
        """
        if not rows:
            return self
        known = next((drop for drop in self.drops if drop.reason == reason), None)
        joined = added(known, reason, rows)
        drops = tuple(joined if drop is known else drop for drop in self.drops) + ((joined,) if known is None else ())
        left = {side: getattr(self, side) - len(rows)}
        return replace(self, drops=drops, **left)

    def with_tokens(self, tokens_trained: int) -> "Waterfall":
        """Return the waterfall with its last line: the tokens that were trained on."""
        return replace(self, tokens_trained=tokens_trained)

    def to_json(self) -> dict[str, Any]:
        """Return the waterfall as plain JSON data."""
        return {
            "files": [_file(file) for file in self.files],
            "held_out": [_file(file) for file in self.held_out],
            "rows": self.rows,
            "dropped": [
                {
                    "reason": drop.reason,
                    "count": drop.count,
                    "examples": [{"where": row.where, "what": row.what} for row in drop.examples],
                }
                for drop in self.drops
            ],
            "changed": dict(self.changed),
            "kept": {"train": self.train, "evaluation": self.evaluation},
            "tokens_trained": self.tokens_trained,
        }


def added(known: Drop | None, reason: str, rows: Sequence[BadRow]) -> Drop:
    """Return a drop with more rows, its first three kept as examples."""
    before = known or Drop(reason=reason, count=0, examples=())
    examples = (*before.examples, *rows)[:NUM_EXAMPLES]
    return Drop(reason=reason, count=before.count + len(rows), examples=examples)


def _file(file: FileIn) -> dict[str, Any]:
    return {"name": file.name, "format": file.format, "encoding": file.encoding, "rows": file.rows}
