"""The seam every engine fits: load a folder, generate tokens, score the next one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from limbeck.core.family import Family

ENGINES = Family(package="limbeck.engine.engines", noun="engine")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How the next token is picked; the defaults are greedy and deterministic."""

    max_tokens: int = 64
    temperature: float = 0.0
    top_k: int | None = None
    top_p: float | None = None
    num_beams: int = 1
    repetition_penalty: float = 1.0
    seed: int = 0
    stop_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """The tokens an engine wrote, without the stop token, and what it took."""

    tokens: tuple[int, ...]
    first_token_ms: float
    total_ms: float


class Engine(Protocol):
    """A loaded model that writes and scores tokens. T = prompt tokens, V = vocabulary."""

    name: str

    def generate(
        self, prompt_T: Sequence[int], sampling: Sampling, on_token: Callable[[int], None] | None = None
    ) -> Generation:
        """Continue a prompt, calling `on_token` for each token as it comes."""

    def next_logits_V(self, prompt_T: Sequence[int]) -> npt.NDArray[np.float32]:
        """Score every token that could follow the prompt, up to a constant."""

    def encode(self, text: str) -> list[int]:
        """Tokenise with the tokenizer inside the exported files, to prove that it equals ours."""

    def close(self) -> None:
        """Free the weights."""


class EngineModule(Protocol):
    """What a file in `engines/` offers."""

    FORMAT: str

    def load(self, folder: Path, *, num_threads: int = 2) -> Engine:
        """Open the exported files in `folder`."""
