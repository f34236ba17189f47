"""How long and how fast to train: the numbers a run is made of, and the learning rate of each step."""

import math
from dataclasses import dataclass
from typing import Literal

Precision = Literal["float32", "bfloat16"]
Fall = Literal["cosine", "linear", "constant"]
"""How the learning rate falls once it is warm."""

_LEAST_SHARE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How long and how fast to train.

    batch_size: sequences of one batch; what a step learns from is `accumulate` such batches.
    """

    num_steps: int
    batch_size: int = 32
    accumulate: int = 1
    learning_rate: float = 2e-3
    warmup_steps: int = 100
    fall: Fall = "cosine"
    weight_decay: float = 0.01
    gradient_norm: float = 1.0
    checkpoint_every: int = 100
    precision: Precision = "float32"
    seed: int = 0

    def rate_at(self, step: int) -> float:
        """Return the learning rate of a step: linear warm-up, then level, or down to a twentieth."""
        if step < self.warmup_steps:
            return self.learning_rate * (step + 1) / self.warmup_steps
        if self.fall == "constant":
            return self.learning_rate
        done = min(1.0, (step - self.warmup_steps) / max(1, self.num_steps - self.warmup_steps))
        left = 1 - done if self.fall == "linear" else 0.5 * (1 + math.cos(math.pi * done))
        return self.learning_rate * (_LEAST_SHARE + (1 - _LEAST_SHARE) * left)
