"""Score a network on held-out text while it trains: which weights to keep, and when it has learnt enough."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True, kw_only=True)
class LossPoint:
    """The mean loss over the steps since the point before, and the held-out loss where it was taken."""

    step: int
    loss: float
    held_out: float | None = None

    def as_json(self) -> dict[str, int | float]:
        """Return the point as plain data, without a held-out loss where none was taken."""
        told: dict[str, int | float] = {"step": self.step, "loss": self.loss}
        return told if self.held_out is None else told | {"held_out": self.held_out}


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """A held-out loss, taken every so many steps and at the end.

    loss: a pure function of the weights; the network is in evaluation mode and no gradients are kept.
    patience: stop after this many scores in a row without a better one; None trains to the end.
    """

    loss: Callable[[torch.nn.Module], float]
    every: int
    patience: int | None = None

    def is_due(self, step: int, num_steps: int) -> bool:
        """Tell whether to score after this many steps."""
        return step % self.every == 0 or step == num_steps

    def score(self, network: torch.nn.Module) -> float:
        """Return the held-out loss; the network goes on training afterwards."""
        network.eval()
        try:
            with torch.no_grad():
                return self.loss(network)
        finally:
            network.train()

    def is_enough(self, curve: Sequence[LossPoint]) -> bool:
        """Tell whether the scores have stopped getting better."""
        scores = _scores(curve)
        return self.patience is not None and len(scores) - 1 - _best_place(scores) >= self.patience


def is_best(curve: Sequence[LossPoint]) -> bool:
    """Tell whether the last score is better than every one before."""
    scores = _scores(curve)
    return bool(scores) and _best_place(scores) == len(scores) - 1


def best_point(curve: Sequence[LossPoint]) -> LossPoint | None:
    """Return the point with the lowest held-out loss, the earliest of equals; None where none was taken."""
    scored = [point for point in curve if point.held_out is not None]
    return min(scored, key=lambda point: (point.held_out, point.step)) if scored else None


def _scores(curve: Sequence[LossPoint]) -> list[float]:
    return [point.held_out for point in curve if point.held_out is not None]


def _best_place(scores: Sequence[float]) -> int:
    return scores.index(min(scores)) if scores else -1
