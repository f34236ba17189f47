"""An engine that refers to the first row it is shown, or to none; found by entry point, as an outside one is."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from limbeck.engine.engine import Generation, Sampling

FORMAT = "scripted"


class ScriptedEngine:
    name = "scripted"

    def __init__(self, folder: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder.parent.parent / "tokenizer" / "tokenizer.json"))
        self._is_contrary = (folder / "contrary").exists()

    def generate(
        self, prompt_T: Sequence[int], sampling: Sampling, on_token: Callable[[int], None] | None = None
    ) -> Generation:
        written = "⟦1⟧\n⟦1⟧" if self._tokenizer.token_to_id("⟦1⟧") in prompt_T and not self._is_contrary else "⟦none⟧"
        tokens = self._tokenizer.encode(written, add_special_tokens=False).ids
        return Generation(tokens=tuple(tokens), first_token_ms=1.0, total_ms=float(len(tokens)))

    def next_logits_V(self, prompt_T: Sequence[int]) -> npt.NDArray[np.float32]:
        raise NotImplementedError

    def encode(self, text: str) -> list[int]:
        raise NotImplementedError

    def close(self) -> None:
        pass


def load(folder: Path, *, num_threads: int = 2) -> ScriptedEngine:
    return ScriptedEngine(folder)
