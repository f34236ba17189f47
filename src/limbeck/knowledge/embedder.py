"""Texts to vectors on the run side: a small encoder, exported for OpenVINO, and vectors of the words themselves.

N = texts, W = windows of a text, D = dimensions.
"""

import hashlib
from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any, final

import numpy as np
from tokenizers import Tokenizer

from limbeck.core.errors import KnowledgeError
from limbeck.knowledge.encoder_files import GRAPH, MODEL_FILES, TOKENIZER, WORDS, shipped_folder
from limbeck.knowledge.word_vectors import Vectors, WordVectors

PAD = "<|pad|>"
_SHORTEST = 1e-9
LONGEST = 96
"""How many tokens the encoder is shown at once, as in its training."""
_WIDTHS = (16, 32, LONGEST)
"""Texts are padded to one of these: a graph of fixed shape is five times as fast as one whose shape changes."""
_MOST_KEPT = 16_384
_ONE_THREAD = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1}
"""One thread, full precision: the same text gives the same bytes, whatever else is asked."""

_WORDS_WEIGHT = 1.25
"""How much the words themselves count beside the encoder (docs/experiments.md)."""


@final
class Embedder:
    """An encoder folder, loaded when the first text comes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._kept: dict[str, Vectors] = {}
        self._networks: dict[int, Any] = {}

    @cached_property
    def digest(self) -> str:
        """Return what tells this encoder from others.

        Raises: KnowledgeError: a file of the folder is missing.
        """
        found = hashlib.sha256()
        for name in MODEL_FILES:
            found.update(self._read(name))
        return found.hexdigest()

    def vector(self, text: str) -> Vectors:
        """Return the unit vector (D,) of the beginning of a text; those of the last few thousand are kept."""
        if text not in self._kept:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[text] = self._joined([self.tokens([text])[0][:LONGEST]], text)[0]
        return self._kept[text]

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return a unit vector (N, D) for the beginning of each text."""
        return np.stack([self.vector(text) for text in texts])

    def windows(self, text: str) -> Vectors:
        """Return unit vectors (W, D): one for each window that the encoder is shown at once."""
        return self._joined(windows(self.tokens([text])[0], LONGEST), text)

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the tokens of each text, uncut."""
        encoded = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [list(each.ids) for each in encoded]

    def _joined(self, windows_WT: Sequence[Sequence[int]], text: str) -> Vectors:
        """Put the vector of the text's words behind that of each window."""
        words_D = _WORDS_WEIGHT * self.words.vector(text)
        joined_WD = np.stack([np.concatenate([self._understood(window), words_D]) for window in windows_WT])
        unit_WD: Vectors = joined_WD / np.maximum(np.linalg.norm(joined_WD, axis=1, keepdims=True), _SHORTEST)
        return unit_WD

    def _understood(self, tokens: Sequence[int]) -> Vectors:
        width = next(width for width in _WIDTHS if len(tokens) <= width)
        padded_1T = np.array([[*tokens, *[self._pad_id] * (width - len(tokens))]], np.int64)
        return np.array(self._network(width).infer([padded_1T])[0][0], np.float32)

    def _network(self, width: int) -> Any:
        if width not in self._networks:
            import openvino

            core = openvino.Core()
            graph = core.read_model(self.folder / GRAPH)
            graph.reshape([1, width])
            self._networks[width] = core.compile_model(graph, "CPU", _ONE_THREAD).create_infer_request()
        return self._networks[width]

    @cached_property
    def words(self) -> WordVectors:
        """Return the vectors of the words themselves."""
        return WordVectors(self.folder / WORDS)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return Tokenizer.from_buffer(self._read(TOKENIZER))

    @cached_property
    def _pad_id(self) -> int:
        found = self._tokenizer.token_to_id(PAD)
        if found is None:
            raise KnowledgeError(f"the encoder has no token {PAD}", where=str(self.folder), fix="reinstall limbeck")
        return int(found)

    def _read(self, name: str) -> bytes:
        try:
            return (self.folder / name).read_bytes()
        except OSError as error:
            what = f"the encoder of this knowledge base cannot be read: {error.strerror}"
            fix = "copy the bundle again, or reinstall limbeck"
            raise KnowledgeError(what, where=str(self.folder / name), fix=fix) from error


def windows(tokens: list[int], width: int) -> list[list[int]]:
    """Cut a text into windows of which each overlaps the next by half."""
    return [tokens[start : start + width] for start in range(0, max(1, len(tokens) - width // 2), width // 2)]


@cache
def shipped() -> Embedder | None:
    """Return the encoder that comes with Limbeck, loaded once."""
    folder = shipped_folder()
    return Embedder(folder) if (folder / GRAPH).is_file() else None
