"""Choosing tokens, without any engine: a hand-written model that scores by table."""

import numpy as np
import pytest

from limbeck.engine.decoding import decode, pick
from limbeck.engine.engine import Sampling

STOP = 4


class TableModel:
    """Scores the next token by the last one alone, and checks that beams keep their own past."""

    vocab_size = 5

    def __init__(self, chances_VV):
        self.logits_VV = np.log(np.array(chances_VV, np.float32))
        self.read = []

    def reset(self):
        self.read = [()]

    def step(self, tokens_BT, beam_idx_B):
        self.read = [(*self.read[beam], *row.tolist()) for beam, row in zip(beam_idx_B, tokens_BT, strict=True)]
        return np.stack([self.logits_VV[past[-1]] for past in self.read])


# greedy takes 1 (0.5) then splits evenly; 2 (0.4) leads to a sure 3 and a sure end
TRAP = [
    [0.02, 0.5, 0.4, 0.04, 0.04],
    [0.2, 0.2, 0.2, 0.21, 0.19],
    [0.01, 0.01, 0.01, 0.96, 0.01],
    [0.01, 0.01, 0.01, 0.01, 0.96],
    [0.2, 0.2, 0.2, 0.2, 0.2],
]


def test_greedy_takes_the_bait_and_beams_do_not():
    model = TableModel(TRAP)
    assert decode(model, [0], Sampling(max_tokens=2)).tokens == (1, 3)
    assert decode(model, [0], Sampling(max_tokens=4, num_beams=2, stop_ids=(STOP,))).tokens == (2, 3)


def test_beams_stream_what_they_return():
    streamed = []
    answer = decode(TableModel(TRAP), [0], Sampling(max_tokens=3, num_beams=3), streamed.append)
    assert tuple(streamed) == answer.tokens
    assert len(answer.tokens) == 3


def test_a_stop_at_once_is_an_empty_answer():
    for num_beams in (1, 2):
        sampling = Sampling(max_tokens=3, num_beams=num_beams, stop_ids=(STOP,))
        assert decode(TableModel(TRAP), [3], sampling).tokens == ()


def test_the_penalty_counts_the_prompt_and_the_answer():
    logits_V = np.array([2.0, 1.9, -1.0], np.float32)
    random = np.random.default_rng(0)
    assert pick(logits_V, [], Sampling(repetition_penalty=1.2), random) == 0
    assert pick(logits_V, [0], Sampling(repetition_penalty=1.2), random) == 1
    assert pick(-logits_V, [2], Sampling(repetition_penalty=1.2), random) == 2
    assert pick(np.array([-1.0, -1.1], np.float32), [0], Sampling(repetition_penalty=1.2), random) == 1


@pytest.mark.parametrize(
    ("sampling", "allowed"),
    [
        (Sampling(temperature=1.0), {0, 1, 2, 3}),
        (Sampling(temperature=1.0, top_k=2), {0, 1}),
        (Sampling(temperature=1.0, top_p=0.75), {0, 1}),
        (Sampling(temperature=1.0, top_p=0.05), {0}),
        (Sampling(temperature=0.01), {0}),
    ],
)
def test_draws_only_from_what_is_kept(sampling, allowed):
    random = np.random.default_rng(0)
    logits_V = np.log(np.array([0.5, 0.3, 0.15, 0.05], np.float32))
    assert {pick(logits_V, [], sampling, random) for _ in range(300)} == allowed


def test_draws_in_proportion():
    random = np.random.default_rng(0)
    logits_V = np.log(np.array([0.1, 0.6, 0.3], np.float32))
    drawn = np.bincount([pick(logits_V, [], Sampling(temperature=1.0), random) for _ in range(4000)]) / 4000
    assert np.abs(drawn - [0.1, 0.6, 0.3]).max() < 0.03
