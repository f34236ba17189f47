"""What the real MiniLM says of English texts, for the starter's encoder to learn from: computed once, then read.

Chinese sentences learn from the vector of their translation.
Source: Reimers and Gurevych 2020, https://arxiv.org/abs/2004.09813
"""

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from console import line
from embedder import MINILM_PACKAGE, minilm
from search_pairs import Pools

from limbeck.corpus.language import language_of

_LONGEST = 240
_MOST = {"relation": 4000, "wording": 4000, "neighbour": 3000}
_PLAIN_TEXTS = 8000
"""How many texts of a kind: the teacher takes ten milliseconds for each, and has least to say of labels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """Texts in both languages, and for each the row of `vectors_ME` that it is to lie near."""

    texts: tuple[str, ...]
    rows: tuple[int, ...]
    vectors_ME: npt.NDArray[np.float16]


def teach(pools: Pools, text: Sequence[str], folder: Path, seed: int = 0) -> Taught:
    """Embed English texts of every pool and some plain ones, and put translations beside them."""
    rng = random.Random(seed)
    texts = list(dict.fromkeys(_english(pools, text, rng)))
    translations = dict.fromkeys((pair.anchor, pair.candidate) for pair in pools["translation"])
    row_of = {written: row for row, written in enumerate(texts)}
    beside = [(zh, row_of[en]) for zh, en in translations if en in row_of]
    return Taught(
        texts=(*texts, *(zh for zh, _ in beside)),
        rows=(*range(len(texts)), *(row for _, row in beside)),
        vectors_ME=_vectors(texts, folder / "teacher.npz"),
    )


def _english(pools: Pools, text: Sequence[str], rng: random.Random) -> Iterator[str]:
    for name, pairs in pools.items():
        kind, _, language = name.partition(" ")
        written = [side for pair in pairs for side in (pair.anchor, pair.candidate) if language_of(side) == "en"]
        if kind == "translation" or language == "en":
            yield from rng.sample(written, min(_MOST.get(kind, len(written)), len(written)))
    plain = [passage for passage in text if len(passage) <= _LONGEST and language_of(passage) == "en"]
    yield from rng.sample(plain, min(_PLAIN_TEXTS, len(plain)))


def _vectors(texts: Sequence[str], path: Path) -> npt.NDArray[np.float16]:
    digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()
    if path.exists():
        with np.load(path) as saved:
            if str(saved["digest"]) == digest:
                return np.asarray(saved["vectors"])
    teacher = minilm(half=True)
    if teacher is None:
        fix = f"pip install -c constraints.txt {MINILM_PACKAGE}, or give --alone"
        raise SystemExit(f"no teacher to learn from: {fix}")
    vectors_ME = teacher.vectors(texts, lambda done, total: line(done, total, "texts embedded")).astype(np.float16)
    np.savez(path, digest=np.asarray(digest), vectors=vectors_ME)
    return vectors_ME
