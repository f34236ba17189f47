"""Choose tokens one after another: greedy, sampled or with beams, the same for every engine that only scores.

B = beams, T = tokens, V = vocabulary, K = tokens kept.
"""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from limbeck.core.errors import LimbeckError
from limbeck.engine.engine import Generation, Sampling

Floats = npt.NDArray[np.float32]


class Scorer(Protocol):
    """A model with a memory of what it has read."""

    vocab_size: int

    def reset(self) -> None:
        """Forget everything read."""

    def step(self, tokens_BT: npt.NDArray[np.int64], beam_idx_B: npt.NDArray[np.int32]) -> Floats:
        """Reorder what was read by `beam_idx_B`, read on, and score the next token (B, V)."""


def decode(
    scorer: Scorer, prompt_T: Sequence[int], sampling: Sampling, on_token: Callable[[int], None] | None = None
) -> Generation:
    """Continue a prompt. With beams, the tokens are known, and streamed, only at the end.

    Raises: LimbeckError: an empty prompt, or a token outside the vocabulary.
    """
    check_prompt(prompt_T, scorer.vocab_size)
    clock = _Clock()
    if sampling.num_beams > 1:
        tokens = _search(scorer, prompt_T, sampling, clock)
        for token in tokens:
            _tell(on_token, token)
    else:
        tokens = _sample(scorer, prompt_T, sampling, clock, on_token)
    return Generation(tokens=tuple(tokens), first_token_ms=clock.first_token_ms or 0.0, total_ms=clock.total_ms())


def check_prompt(prompt_T: Sequence[int], vocab_size: int) -> None:
    """Refuse a prompt that no model can read.

    Raises: LimbeckError: it is empty, or a token is outside the vocabulary.
    """
    if not len(prompt_T):
        raise LimbeckError("the prompt is empty", fix="give at least one token")
    for position, token in enumerate(prompt_T):
        if not 0 <= token < vocab_size:
            raise LimbeckError(f"token {token} is outside the vocabulary of {vocab_size}", where=f"prompt[{position}]")


def pick(logits_V: Floats, seen: Sequence[int], sampling: Sampling, random: np.random.Generator) -> int:
    """Choose one token: the likeliest at temperature 0, else a draw from what top-k and top-p keep."""
    scores_V = penalised(logits_V, seen, sampling.repetition_penalty)
    if sampling.temperature <= 0:
        return int(scores_V.argmax())
    order_K = np.argsort(-scores_V, kind="stable")[: sampling.top_k or None]
    chances_K = np.exp((scores_V[order_K] - scores_V[order_K[0]]) / sampling.temperature)
    chances_K /= chances_K.sum()
    if sampling.top_p is not None:
        kept = int(np.searchsorted(chances_K.cumsum(), sampling.top_p)) + 1
        order_K, chances_K = order_K[:kept], chances_K[:kept]
    drawn = np.searchsorted(chances_K.cumsum(), random.random() * chances_K.sum(), side="right")
    return int(order_K[min(int(drawn), len(order_K) - 1)])


def penalised(logits_V: Floats, seen: Sequence[int], penalty: float) -> npt.NDArray[np.float64]:
    """Lower the scores of tokens already seen (Keskar et al. 2019, https://arxiv.org/abs/1909.05858)."""
    scores_V = logits_V.astype(np.float64)
    if penalty != 1.0:
        ids = np.unique(np.asarray(seen, np.int64))
        scores_V[ids] = np.where(scores_V[ids] > 0, scores_V[ids] / penalty, scores_V[ids] * penalty)
    return scores_V


def _tell(on_token: Callable[[int], None] | None, token: int) -> None:
    if on_token is not None:
        on_token(token)


class _Clock:
    def __init__(self) -> None:
        self._start = time.perf_counter()
        self.first_token_ms: float | None = None

    def tick(self) -> None:
        self.first_token_ms = self.first_token_ms or self.total_ms()

    def total_ms(self) -> float:
        return (time.perf_counter() - self._start) * 1e3


def _sample(
    scorer: Scorer,
    prompt_T: Sequence[int],
    sampling: Sampling,
    clock: _Clock,
    on_token: Callable[[int], None] | None,
) -> list[int]:
    random = np.random.default_rng(sampling.seed)
    first_B, tokens = np.zeros(1, np.int32), list[int]()
    scorer.reset()
    read_BT = np.array([prompt_T], np.int64)
    while len(tokens) < sampling.max_tokens:
        token = pick(scorer.step(read_BT, first_B)[0], (*prompt_T, *tokens), sampling, random)
        clock.tick()
        if token in sampling.stop_ids:
            break
        tokens.append(token)
        _tell(on_token, token)
        read_BT = np.array([[token]], np.int64)
    return tokens


def _search(scorer: Scorer, prompt_T: Sequence[int], sampling: Sampling, clock: _Clock) -> list[int]:
    """Search the likeliest continuation per token with a fixed number of beams."""
    width, stop = sampling.num_beams, set(sampling.stop_ids)
    finished: list[tuple[float, list[int]]] = []
    beams: list[tuple[float, list[int]]] = [(0.0, [])]
    scorer.reset()
    logits_BV = scorer.step(np.array([prompt_T], np.int64), np.zeros(1, np.int32))
    clock.tick()
    for length in range(1, sampling.max_tokens + 1):
        grown: list[tuple[float, list[int], int]] = []
        for total, parent, token in _best(beams, logits_BV, prompt_T, sampling):
            if token in stop:
                finished.append((total / length, beams[parent][1]))
            elif len(grown) < width:
                grown.append((total, [*beams[parent][1], token], parent))
        beams = [(total, tokens) for total, tokens, _ in grown]
        done = len(finished) >= width and max(finished)[0] >= beams[0][0] / length
        if done or length == sampling.max_tokens:
            break
        read_BT = np.array([tokens[-1:] for _, tokens in beams], np.int64)
        logits_BV = scorer.step(read_BT, np.array([parent for _, _, parent in grown], np.int32))
    finished += [(total / len(tokens), tokens) for total, tokens in beams]
    return max(finished, key=lambda entry: entry[0])[1]


def _best(
    beams: Sequence[tuple[float, list[int]]], logits_BV: Floats, prompt_T: Sequence[int], sampling: Sampling
) -> list[tuple[float, int, int]]:
    """Return the best (total, beam, token), enough that `num_beams` do not stop."""
    rows = []
    for (total, tokens), logits_V in zip(beams, logits_BV, strict=True):
        scores_V = penalised(logits_V, (*prompt_T, *tokens), sampling.repetition_penalty)
        scores_V -= scores_V.max()
        rows.append(total + scores_V - np.log(np.exp(scores_V).sum()))
    totals_BV = np.stack(rows)
    count = min(totals_BV.size, sampling.num_beams * (1 + len(sampling.stop_ids)))
    flat = np.argsort(-totals_BV, axis=None, kind="stable")[:count]
    vocab_size = totals_BV.shape[1]
    return [(float(totals_BV.flat[index]), int(index // vocab_size), int(index % vocab_size)) for index in flat]
