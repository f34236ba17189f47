"""Batches of pairs to learn to search from, each of one pool; a pure function of seed and step.

B = anchors, C = candidates with the hard negatives after them, S = texts with a teacher, E = the teacher's dimensions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from search_pairs import Pair, Pools
from teacher import Taught
from tokenizers import Tokenizer

from limbeck.model.contrastive import related
from limbeck.model.sentence_embedding import padded

QUERY_TOKENS, PASSAGE_TOKENS = 32, 96
_SHARES = {
    "section": 3.0,
    "relation": 2.0,
    "wording": 1.5,
    "neighbour": 1.0,
    "title": 1.0,
    "alike": 0.5,
    "translation": 1.0,
}
"""How often a batch is of a kind of pool, in each of its languages."""

_LIKE_IN_LENGTH = 4096
"""Out of how many texts that follow each other in length a batch of the teacher's is drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchBatch:
    """Pairs as tokens, which of them belong together, and texts with the vectors that a teacher gives them."""

    anchors_BT: torch.Tensor
    candidates_CT: torch.Tensor
    related_BC: torch.Tensor
    texts_ST: torch.Tensor | None
    teacher_SE: torch.Tensor | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What is learnt from, and how much of it at once."""

    pools: Pools
    taught: Taught | None
    tokenizer: Tokenizer
    pad_id: int
    batch_size: int = 48
    taught_at_once: int = 128

    def tokens(self, texts: Sequence[str], longest: int) -> torch.Tensor:
        """Return texts as padded tokens, cut to `longest`."""
        encoded = self.tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return padded([each.ids for each in encoded], pad_id=self.pad_id, longest=longest)


def search_batches(first_step: int, *, course: Course, seed: int) -> Iterator[SearchBatch]:
    """Yield batches for ever, starting at `first_step`."""
    names = list(course.pools)
    shares = np.asarray([_SHARES[name.split()[0]] for name in names])
    step = first_step
    while True:
        random = np.random.default_rng((seed, step))
        pool = course.pools[names[random.choice(len(names), p=shares / shares.sum())]]
        chosen = random.choice(len(pool), min(course.batch_size, len(pool)), replace=False)
        yield _batch([pool[number] for number in chosen], course, random)
        step += 1


def _batch(pairs: Sequence[Pair], course: Course, random: np.random.Generator) -> SearchBatch:
    hard = [pair.hard[random.integers(len(pair.hard))] for pair in pairs if pair.hard]
    candidates = [*((pair.candidate, pair.group) for pair in pairs), *hard]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(name for each in candidates for name in each))}
    texts_ST, teacher_SE = _taught(course, random)
    return SearchBatch(
        anchors_BT=course.tokens([pair.anchor for pair in pairs], QUERY_TOKENS),
        candidates_CT=course.tokens([text for text, _ in candidates], PASSAGE_TOKENS),
        related_BC=related(
            torch.tensor([numbers[pair.group] for pair in pairs]),
            torch.tensor([numbers[group] for _, group in candidates]),
            torch.tensor([numbers[text] for text, _ in candidates]),
        ),
        texts_ST=texts_ST,
        teacher_SE=teacher_SE,
    )


def _taught(course: Course, random: np.random.Generator) -> tuple[torch.Tensor | None, torch.Tensor | None]:
    taught = course.taught
    if taught is None:
        return None, None
    first = random.integers(max(1, len(taught.texts) - _LIKE_IN_LENGTH))
    chosen = first + random.choice(min(_LIKE_IN_LENGTH, len(taught.texts)), course.taught_at_once, replace=False)
    rows = [taught.rows[number] for number in chosen]
    texts_ST = course.tokens([taught.texts[number] for number in chosen], PASSAGE_TOKENS)
    return texts_ST, torch.from_numpy(taught.vectors_ME[rows].astype(np.float32))
