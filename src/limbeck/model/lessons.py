"""What a network is to learn from records: tokenised once, kept as plain files, the same for every trial."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from limbeck.core.errors import LimbeckError
from limbeck.corpus.options import MOST_UNUSABLE
from limbeck.corpus.unusable import BadRow
from limbeck.model.marked_tokens import MarkedTokens
from limbeck.model.text_batches import Stream

ObjectiveName = Literal["causal", "masked", "span", "infill", "dialogue"]
OBJECTIVE_NAMES: tuple[ObjectiveName, ...] = ("causal", "masked", "span", "infill", "dialogue")

_SHOWN = 3
_FILE, _FACTS = "lessons.npz", "lessons.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """Tokens to learn from and tokens held out: a stream of texts, or rows of a dialogue with its answers marked.

    width: tokens of a row.
    held_out_bytes: bytes of the text that the held-out tokens with a loss stand for.
    left_out: records that nothing can be learnt from, by reason; shortened: answers left out of records that stay.
    """

    objective: ObjectiveName
    width: int
    train: Stream | Sequence[MarkedTokens]
    held_out: Stream | Sequence[MarkedTokens]
    held_out_bytes: int
    left_out: Mapping[str, Sequence[BadRow]] = field(default_factory=dict)
    left_out_held_out: Mapping[str, Sequence[BadRow]] = field(default_factory=dict)
    shortened: Mapping[str, int] = field(default_factory=dict)

    @property
    def num_tokens(self) -> int:
        """Return how many tokens of an epoch carry a loss."""
        return count_learnt(self.train)

    @property
    def num_held_out(self) -> int:
        """Return how many held-out tokens carry a loss."""
        return count_learnt(self.held_out)

    @property
    def tokens_per_epoch(self) -> int:
        """Return how many tokens an epoch reads."""
        return len(self.train) if isinstance(self.train, np.ndarray) else sum(len(row.tokens) for row in self.train)

    def save(self, folder: Path) -> None:
        """Write them; the same lessons, the same bytes."""
        arrays = {**_arrays("train", self.train), **_arrays("held_out", self.held_out)}
        with (folder / _FILE).open("wb") as file:
            np.savez(file, **arrays)
        facts = {
            "objective": self.objective,
            "width": self.width,
            "held_out_bytes": self.held_out_bytes,
            "left_out": _rows_json(self.left_out),
            "left_out_held_out": _rows_json(self.left_out_held_out),
            "shortened": dict(self.shortened),
        }
        text = json.dumps(facts, ensure_ascii=False, indent=1, sort_keys=True)
        (folder / _FACTS).write_text(text + "\n", encoding="utf-8")


def load_lessons(folder: Path) -> Lessons:
    """Read what `Lessons.save` wrote."""
    facts: dict[str, Any] = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
    for name in ("left_out", "left_out_held_out"):
        facts[name] = {reason: tuple(BadRow(**row) for row in rows) for reason, rows in facts[name].items()}
    with np.load(folder / _FILE) as arrays:
        sides = {name: _side(name, dict(arrays)) for name in ("train", "held_out")}
    return Lessons(**facts, **sides)


def check_lessons(lessons: Lessons, *, num_records: int) -> None:
    """Stop where too little can be learnt: nothing at all, or more than 5 % of the rows unusable.

    Raises: LimbeckError: with the first bad rows.
    """
    shortened = sum(lessons.shortened.values())
    count = sum(len(rows) for rows in lessons.left_out.values()) + shortened
    num_rows = num_records + shortened
    shown = [f"{row} ({reason})" for reason, rows in lessons.left_out.items() for row in rows[:_SHOWN]][:_SHOWN]
    where = "\n       ".join(shown) or None
    fix = "mend or remove such rows; `limbeck data` shows where every row went"
    if any("longer" in reason for reason in (*lessons.left_out, *lessons.shortened)):
        fix = "give a larger --length, or split the long rows"
    if lessons.num_tokens == 0:
        raise LimbeckError(f"there is no token to learn from in {num_rows} rows", where=where, fix=fix)
    if count > MOST_UNUSABLE * num_rows:
        what = f"{count} of {num_rows} rows ({count / num_rows:.0%}) cannot be learnt from, and at most 5 % may be"
        raise LimbeckError(what, where=where, fix=fix)


def count_learnt(side: Stream | Sequence[MarkedTokens]) -> int:
    """Return how many tokens carry a loss."""
    return len(side) if isinstance(side, np.ndarray) else sum(sum(map(bool, row.is_answer)) for row in side)


def _rows_json(rows: Mapping[str, Sequence[BadRow]]) -> dict[str, list[dict[str, str]]]:
    return {reason: [{"where": row.where, "what": row.what} for row in found] for reason, found in rows.items()}


def _arrays(name: str, side: Stream | Sequence[MarkedTokens]) -> dict[str, Any]:
    if isinstance(side, np.ndarray):
        return {name: side}
    return {
        f"{name}_lengths": np.array([len(row.tokens) for row in side], dtype=np.int64),
        f"{name}_tokens": np.array([token for row in side for token in row.tokens], dtype=np.uint32),
        f"{name}_answers": np.array([mark for row in side for mark in row.is_answer], dtype=np.bool_),
    }


def _side(name: str, arrays: Mapping[str, Any]) -> Any:
    if name in arrays:
        return arrays[name]
    bounds = np.cumsum(arrays[f"{name}_lengths"])[:-1]
    if not len(arrays[f"{name}_lengths"]):
        return []
    rows = (np.split(arrays[f"{name}_{part}"], bounds) for part in ("tokens", "answers"))
    return [MarkedTokens(tokens.tolist(), marks.tolist()) for tokens, marks in zip(*rows, strict=True)]
