"""Choose tokens one after another: greedy, sampled or with beams, the same for every engine that only scores.

B = beams, T = tokens, V = vocabulary, K = tokens kept.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from limbeck.core.errors import LimbeckError
from limbeck.engine.engine import Generation, Sampling
from limbeck.engine.json_guide import JsonGuide, start_guide
from limbeck.engine.transcript import Transcript
from limbeck.engine.vocabulary import Vocabulary

Floats = npt.NDArray[np.float32]


class Scorer(Protocol):
    """A model with a memory of what it has read."""

    vocab_size: int

    def reset(self) -> None:
        """Forget everything read."""

    def step(self, tokens_BT: npt.NDArray[np.int64], beam_idx_B: npt.NDArray[np.int32]) -> Floats:
        """Reorder what was read by `beam_idx_B`, read on, and score the next token (B, V)."""

    def vocabulary(self) -> Vocabulary:
        """Return what each token says; asked for only where stop texts or JSON need it."""


def decode(
    scorer: Scorer, prompt_T: Sequence[int], sampling: Sampling, on_token: Callable[[int], None] | None = None
) -> Generation:
    """Continue a prompt. With beams, the tokens are known, and streamed, only at the end.

    Raises: LimbeckError: an empty prompt, a token outside the vocabulary, or no vocabulary where one is needed.
    """
    check_prompt(prompt_T, scorer.vocab_size)
    vocabulary = scorer.vocabulary() if sampling.reads_text else None
    guide = start_guide(sampling, vocabulary)
    transcript = Transcript(sampling, vocabulary, on_token)
    clock = _Clock()
    if sampling.num_beams > 1:
        best = _search(scorer, prompt_T, sampling, clock, _Beam(guide=guide, vocabulary=vocabulary))
        is_cut = not best.is_finished and (best.guide is None or not best.guide.may_end)
        # one token after another, as they would have been picked: the last may hold a stop text
        for token in best.tokens:
            transcript.add(token)
    else:
        is_cut = _sample(scorer, prompt_T, sampling, clock, transcript, guide)
    return transcript.close(first_token_ms=clock.first_token_ms or 0.0, total_ms=clock.total_ms(), is_cut=is_cut)


def check_prompt(prompt_T: Sequence[int], vocab_size: int) -> None:
    """Refuse a prompt that no model can read.

    Raises: LimbeckError: it is empty, or a token is outside the vocabulary.
    """
    if not len(prompt_T):
        raise LimbeckError("the prompt is empty", fix="give at least one token")
    for position, token in enumerate(prompt_T):
        if not 0 <= token < vocab_size:
            raise LimbeckError(f"token {token} is outside the vocabulary of {vocab_size}", where=f"prompt[{position}]")


def pick(scores_V: npt.NDArray[np.float64], sampling: Sampling, random: np.random.Generator) -> int:
    """Choose one token: the likeliest at temperature 0, else a draw from what top-k, top-p and min-p keep."""
    if sampling.temperature <= 0:
        return int(scores_V.argmax())
    order_K = np.argsort(-scores_V, kind="stable")[: sampling.top_k or None]
    order_K = order_K[scores_V[order_K] > -np.inf]
    chances_K = np.exp((scores_V[order_K] - scores_V[order_K[0]]) / sampling.temperature)
    chances_K /= chances_K.sum()
    if sampling.top_p is not None:
        kept = int(np.searchsorted(chances_K.cumsum(), sampling.top_p)) + 1
        order_K, chances_K = order_K[:kept], chances_K[:kept]
    if sampling.min_p is not None:
        kept = int((chances_K >= sampling.min_p * chances_K[0]).sum())
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


def only(scores_V: npt.NDArray[np.float64], guide: JsonGuide | None) -> npt.NDArray[np.float64]:
    """Leave the scores of tokens that may follow, and make the others impossible."""
    return scores_V if guide is None else np.where(guide.allowed_V(), scores_V, -np.inf)


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
    transcript: Transcript,
    guide: JsonGuide | None,
) -> bool:
    """Write into the transcript, and tell whether the tokens were used up before an end."""
    random = np.random.default_rng(sampling.seed)
    first_B, seen = np.zeros(1, np.int32), list(prompt_T)
    scorer.reset()
    read_BT = np.array([prompt_T], np.int64)
    for _ in range(sampling.max_tokens):
        scores_V = penalised(scorer.step(read_BT, first_B)[0], seen, sampling.repetition_penalty)
        token = pick(only(scores_V, guide), sampling, random)
        clock.tick()
        if token in sampling.stop_ids:
            return False
        seen.append(token)
        is_finished = transcript.add(token)
        if guide is not None:
            guide.take(token)
            is_finished = guide.is_complete
        if is_finished:
            return False
        read_BT = np.array([[token]], np.int64)
    return guide is None or not guide.may_end


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beam:
    """One way to go on: its tokens, their total score, and where it stands in the JSON."""

    total: float = 0.0
    tokens: tuple[int, ...] = ()
    parent: int = 0
    is_finished: bool = False
    guide: JsonGuide | None = None
    vocabulary: Vocabulary | None = None

    def grow(self, token: int, total: float, parent: int, sampling: Sampling) -> "_Beam":
        """Return this beam with one more token, finished where a stop text or the JSON is complete."""
        tokens, guide = (*self.tokens, token), self.guide
        transcript = Transcript(sampling, self.vocabulary)
        is_finished = bool(sampling.stop_texts) and any([transcript.add(written) for written in tokens])
        if guide is not None:
            guide = guide.fork()
            guide.take(token)
            is_finished = guide.is_complete
        return _Beam(
            total=total,
            tokens=tokens,
            parent=parent,
            is_finished=is_finished,
            guide=guide,
            vocabulary=self.vocabulary,
        )


def _search(scorer: Scorer, prompt_T: Sequence[int], sampling: Sampling, clock: _Clock, start: _Beam) -> _Beam:
    """Search the likeliest continuation per token with a fixed number of beams."""
    width, beams = sampling.num_beams, [start]
    finished: list[tuple[float, _Beam]] = []
    scorer.reset()
    logits_BV = scorer.step(np.array([prompt_T], np.int64), np.zeros(1, np.int32))
    clock.tick()
    for length in range(1, sampling.max_tokens + 1):
        grown: list[_Beam] = []
        for total, parent, token in _best(beams, logits_BV, prompt_T, sampling):
            if token in sampling.stop_ids:
                finished.append((total / length, replace(beams[parent], is_finished=True)))
            elif len(grown) < width:
                beam = beams[parent].grow(token, total, parent, sampling)
                finished += [(total / length, beam)] if beam.is_finished else []
                grown += [] if beam.is_finished else [beam]
        beams = grown
        if not beams or length == sampling.max_tokens:
            break
        if len(finished) >= width and max(score for score, _ in finished) >= beams[0].total / length:
            break
        read_BT = np.array([beam.tokens[-1:] for beam in beams], np.int64)
        logits_BV = scorer.step(read_BT, np.array([beam.parent for beam in beams], np.int32))
    finished += [(beam.total / len(beam.tokens), beam) for beam in beams]
    return max(finished, key=lambda entry: entry[0])[1]


def _best(
    beams: Sequence[_Beam], logits_BV: Floats, prompt_T: Sequence[int], sampling: Sampling
) -> list[tuple[float, int, int]]:
    """Return the best (total, beam, token), enough that `num_beams` do not stop."""
    rows = []
    for beam, logits_V in zip(beams, logits_BV, strict=True):
        scores_V = penalised(logits_V, (*prompt_T, *beam.tokens), sampling.repetition_penalty)
        scores_V = only(scores_V, beam.guide)
        scores_V -= scores_V.max()
        rows.append(beam.total + scores_V - np.log(np.exp(scores_V).sum()))
    totals_BV = np.stack(rows)
    count = min(int((totals_BV > -np.inf).sum()), sampling.num_beams * (1 + len(sampling.stop_ids)))
    flat = np.argsort(-totals_BV, axis=None, kind="stable")[:count]
    vocab_size = totals_BV.shape[1]
    return [(float(totals_BV.flat[index]), int(index // vocab_size), int(index % vocab_size)) for index in flat]
