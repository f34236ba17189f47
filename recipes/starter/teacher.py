"""What the real MiniLM says of English texts, for the starter's encoder to learn from: computed once, then read.

Chinese sentences learn from the vector of their translation.
Source: Reimers and Gurevych 2020, https://arxiv.org/abs/2004.09813
"""

import hashlib
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from console import line
from embedder import MINILM_PACKAGE, minilm
from search_pairs import Pools

from limbeck.corpus.language import language_of

_SHORTEST, _LONGEST = 12, 140
_MOST = {"relation": 12_000, "wording": 12_000, "neighbour": 2000}
_PLAIN_SENTENCES = 50_000
"""How many texts of a kind: the teacher takes two milliseconds for each."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"“])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """Texts in both languages, shortest first, and for each the row of `vectors_ME` that it is to lie near."""

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
    pairs = sorted([*((written, row) for written, row in row_of.items()), *beside], key=lambda pair: len(pair[0]))
    return Taught(
        texts=tuple(written for written, _ in pairs),
        rows=tuple(row for _, row in pairs),
        vectors_ME=_vectors(texts, folder / "teacher.npz"),
    )


def _english(pools: Pools, text: Sequence[str], rng: random.Random) -> Iterator[str]:
    for name, pairs in pools.items():
        kind, _, language = name.partition(" ")
        written = [side for pair in pairs for side in (pair.anchor, pair.candidate) if language_of(side) == "en"]
        if kind == "translation" or language == "en":
            yield from rng.sample(written, min(_MOST.get(kind, len(written)), len(written)))
    plain = [part for passage in text if language_of(passage) == "en" for part in _SENTENCE.split(passage)]
    plain = list(dict.fromkeys(part for part in plain if _SHORTEST <= len(part) <= _LONGEST))
    yield from (part for part in plain if part.endswith("?"))
    yield from rng.sample(plain, min(_PLAIN_SENTENCES, len(plain)))


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
