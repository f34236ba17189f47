"""Lessons in front of a network: the module whose loss is trained, its batches, and the loss on what is held out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel

from limbeck.model.base_model import Base
from limbeck.model.dialogue_batches import Layout
from limbeck.model.lessons import Lessons, count_learnt
from limbeck.model.marked_tokens import MarkedTokens
from limbeck.model.marker_tokens import infilling_of, masking_of, spans_of
from limbeck.model.objectives import OBJECTIVES
from limbeck.model.packing import keeps_apart
from limbeck.model.pair_batches import NO_LOSS
from limbeck.model.text_batches import Stream, Windows

_SCORED_TOKENS = 32_768
_SCORED_AT_ONCE = 8
_HELD_OUT_SEED = 0

Batches = Callable[[int], Iterator[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Lessons as one network takes them.

    settings: what the objective's batches need besides data and shape.
    form: how dialogues become rows.
    """

    objective: torch.nn.Module
    lessons: Lessons
    settings: dict[str, Any]
    form: str
    pad_id: int

    def batches(self, batch_size: int, *, seed: int) -> Batches:
        """Return what yields the training batches that follow some number of them."""
        return self._batches_of(self.lessons.train, batch_size, self.lessons.width, seed)

    def sample(self, batch_size: int, width: int) -> Any:
        """Return a batch of this shape, its tokens made up: for a forecast."""
        if isinstance(self.lessons.train, np.ndarray):
            data: Any = np.zeros((batch_size + 2) * width + 2, dtype=np.uint16)
        else:
            half = width // 2
            data = [MarkedTokens([0] * width, [False] * half + [True] * (width - half))] * batch_size
        return next(self._batches_of(data, batch_size, width, 0)(0))

    def held_out(self) -> list[Any]:
        """Return the held-out batches, the same every time; none where nothing is held out."""
        side, width = self.lessons.held_out, self.lessons.width
        if not len(side):
            return []
        rows = max(1, len(side) // width) if isinstance(side, np.ndarray) else len(side)
        size = min(_SCORED_AT_ONCE, rows)
        number = max(1, min(rows // size, _SCORED_TOKENS // (width * size)))
        return list(islice(self._batches_of(side, size, width, _HELD_OUT_SEED)(0), number))

    def bits_per_byte(self, loss: float) -> float | None:
        """Turn a held-out loss into bits per byte of the text; None where only hidden tokens are scored."""
        learnt = count_learnt(self.lessons.held_out)
        if self.lessons.objective not in ("causal", "dialogue") or not learnt:
            return None
        return loss * learnt / self.lessons.held_out_bytes / float(np.log(2))

    def _batches_of(self, data: Stream | Sequence[MarkedTokens], batch_size: int, width: int, seed: int) -> Batches:
        make = OBJECTIVES.load(self.lessons.objective).batches
        if isinstance(data, np.ndarray):
            windows = Windows(width=width, batch_size=batch_size)
            return partial(make, _long_enough(data, windows), windows=windows, seed=seed, **self.settings)
        layout = Layout(width=width, batch_size=batch_size, form=self.form, pad_id=self.pad_id)  # type: ignore[arg-type]
        return partial(make, data, layout=layout, seed=seed)


def open_course(network: PreTrainedModel, lessons: Lessons, base: Base) -> Course:
    """Put lessons in front of a network.

    Raises: LimbeckError: the tokenizer lacks what the objective hides tokens with.
    """
    form = "pairs" if base.kind == "seq2seq" else "padded"
    if lessons.objective == "dialogue" and base.kind == "causal" and keeps_apart(network):
        form = "packed"
    return Course(
        objective=OBJECTIVES.load(lessons.objective).Objective(network),
        lessons=lessons,
        settings=_settings(lessons, base),
        form=form,
        pad_id=base.pad_id,
    )


def mean_loss(batches: Sequence[Any]) -> Callable[[torch.nn.Module], float]:
    """Return what scores an objective on batches: the mean over all their tokens with a loss."""
    weights = [_num_asked(batch) for batch in batches]

    def loss(objective: torch.nn.Module) -> float:
        parts = (float(objective(batch)) * weight for batch, weight in zip(batches, weights, strict=True))
        return sum(parts) / sum(weights)

    return loss


def _num_asked(batch: Any) -> int:
    return len(batch.next_N) if hasattr(batch, "next_N") else int((batch.written_BT != NO_LOSS).sum())


def _settings(lessons: Lessons, base: Base) -> dict[str, Any]:
    if lessons.objective == "masked":
        return {"masking": masking_of(base.words)}
    if lessons.objective == "span":
        return {"spans": spans_of(base.words, end_id=base.end_id)}
    if lessons.objective == "infill":
        infilling = infilling_of(base.words, end_id=base.end_id, pad_id=base.pad_id, start_id=base.start_id)
        return {"infilling": infilling}
    return {}


def _long_enough(stream: Stream, windows: Windows) -> Stream:
    """Repeat a stream that is too short for one batch: windows then overlap its end and its beginning."""
    wanted = (windows.batch_size + 1) * windows.width + 1
    return stream if len(stream) >= wanted else stream[np.arange(wanted) % len(stream)]
