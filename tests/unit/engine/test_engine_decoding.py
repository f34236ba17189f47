"""Choosing tokens, without any engine: a hand-written model that scores by table."""

from itertools import pairwise

import numpy as np
import pytest

from limbeck.core.errors import LimbeckError
from limbeck.engine.decoding import decode, penalised, pick
from limbeck.engine.engine import Sampling
from limbeck.engine.vocabulary import Vocabulary

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
    assert penalised(logits_V, [], 1.2).argmax() == 0
    assert penalised(logits_V, [0], 1.2).argmax() == 1
    assert penalised(-logits_V, [2], 1.2).argmax() == 2
    assert penalised(np.array([-1.0, -1.1], np.float32), [0], 1.2).argmax() == 1


@pytest.mark.parametrize(
    ("sampling", "allowed"),
    [
        (Sampling(temperature=1.0), {0, 1, 2, 3}),
        (Sampling(temperature=1.0, top_k=2), {0, 1}),
        (Sampling(temperature=1.0, top_p=0.75), {0, 1}),
        (Sampling(temperature=1.0, top_p=0.05), {0}),
        (Sampling(temperature=1.0, min_p=0.25), {0, 1, 2}),
        (Sampling(temperature=1.0, min_p=0.7), {0}),
        (Sampling(temperature=2.0, min_p=0.7), {0, 1}),
        (Sampling(temperature=1.0, top_k=2, min_p=0.2), {0, 1}),
        (Sampling(temperature=0.01), {0}),
    ],
)
def test_draws_only_from_what_is_kept(sampling, allowed):
    random = np.random.default_rng(0)
    scores_V = np.log(np.array([0.5, 0.3, 0.15, 0.05]))
    assert {pick(scores_V, sampling, random) for _ in range(300)} == allowed


def test_never_draws_the_impossible():
    random = np.random.default_rng(0)
    scores_V = np.array([-np.inf, 0.0, -np.inf, -5.0])
    assert {pick(scores_V, Sampling(temperature=9.0), random) for _ in range(300)} == {1, 3}
    assert pick(scores_V, Sampling(temperature=9.0), Last()) == 3


class Last:
    """A draw that rounding has put at the very end."""

    def random(self):
        return 1.0


def test_draws_in_proportion():
    random = np.random.default_rng(0)
    scores_V = np.log(np.array([0.1, 0.6, 0.3]))
    drawn = np.bincount([pick(scores_V, Sampling(temperature=1.0), random) for _ in range(4000)]) / 4000
    assert np.abs(drawn - [0.1, 0.6, 0.3]).max() < 0.03


class SpeakingModel(TableModel):
    """Its tokens have texts: `a`, `b`, `ab`, `b!`, and an end."""

    def vocabulary(self):
        return Vocabulary(pieces_V=(b"a", b"b", b"ab", b"b!", b"<end>"), special_ids=frozenset({STOP}), encode=list)


def table(*order):
    """A model that writes tokens in this order."""
    chances_VV = np.full((5, 5), 0.01)
    for before, after in pairwise(order):
        chances_VV[before, after] = 0.96
    return SpeakingModel(chances_VV)


@pytest.mark.parametrize("num_beams", [1, 2])
@pytest.mark.parametrize(
    ("stop_text", "tokens", "text"),
    [("b!", (2, 1, 0), "abba"), ("a", (), ""), ("ba", (2,), "ab"), ("ab!", (2, 1), "abb"), ("bba", (), "a")],
)
def test_ends_before_a_stop_text_wherever_its_tokens_begin(stop_text, tokens, text, num_beams):
    streamed = []
    sampling = Sampling(max_tokens=5, num_beams=num_beams, stop_texts=("never", stop_text), stop_ids=(STOP,))
    # ab b a b! ab ...
    answer = decode(table(4, 2, 1, 0, 3), [4], sampling, streamed.append)
    assert (answer.tokens, answer.text) == (tokens, text)
    assert tuple(streamed) == tokens
    assert not answer.is_cut


def test_tells_whether_the_tokens_were_used_up():
    for num_beams in (1, 2):
        ends = Sampling(max_tokens=4, num_beams=num_beams, stop_ids=(STOP,))
        assert not decode(table(0, 2, 1, STOP), [0], ends).is_cut
        assert decode(table(0, 2, 1, STOP), [0], Sampling(max_tokens=2, num_beams=num_beams)).is_cut


class JsonModel:
    """Wants to write one text for ever, has a piece for each letter and some longer ones, and a mark `"`."""

    LONGER = (b'{"', b'":', b"true", b'"', b"")

    def __init__(self, wanted, *, without=b""):
        letters = [bytes([byte]) if byte not in without else b"" for byte in range(256)]
        self.pieces_V = (*letters, *self.LONGER)
        self.mark = self.pieces_V.index(b'"', 256)
        self.vocab_size = len(self.pieces_V)
        self.wanted = wanted
        self.written = [b""]

    def vocabulary(self):
        return Vocabulary(pieces_V=self.pieces_V, special_ids=frozenset({self.mark}), encode=self.split)

    def split(self, text):
        """Split off `true` and what begins an object, and the rest into letters."""
        for longer in self.LONGER[:3]:
            if text.startswith(longer.decode()):
                return [self.pieces_V.index(longer), *self.split(text[len(longer) :])]
        return [text.encode()[0], *self.split(text[1:])] if text else []

    def reset(self):
        self.written = [b""]

    def step(self, tokens_BT, beam_idx_B):
        news = [b"".join(self.pieces_V[token] for token in row[-1:]) for row in tokens_BT]
        self.written = [self.written[beam] + new for beam, new in zip(beam_idx_B, news, strict=True)]
        return np.stack([self._scores_V(len(written) - 1) for written in self.written])

    def _scores_V(self, position):
        wanted = self.wanted.encode()
        wanted = wanted[position % len(wanted) :]
        # the mark looks like what is wanted, and must never be taken for it
        return np.array([5.0 * len(p) * wanted.startswith(p) for p in self.pieces_V], np.float32) + np.linspace(
            0.1, 0, self.vocab_size, dtype=np.float32
        )


BOTH = '{"type": "object", "properties": {"a": {"type": "boolean"}, "b": {"enum": ["x", 1]}}, "required": ["a"]}'


@pytest.mark.parametrize("num_beams", [1, 3])
@pytest.mark.parametrize(
    ("schema", "wanted", "text"),
    [
        (BOTH, '{"a":true,"b":"x"}', '{"a":true,"b":"x"}'),
        (BOTH, '{"a":true}', '{"a":true}'),
        (BOTH, "!", '{"a":false,"b":"x"}'),
        ('{"type": "array", "items": {"type": "integer"}}', "[1,22]", "[1,22]"),
        ('{"type": ["string", "null"]}', '"<end>é"', '"<end>é"'),
        ("{}", '{"k":[null,{}]}', '{"k":[null,{}]}'),
    ],
)
def test_keeps_to_json_and_ends_with_it(schema, wanted, text, num_beams):
    model = JsonModel(wanted)
    answer = decode(model, [65], Sampling(max_tokens=40, num_beams=num_beams, json_schema=schema))
    assert answer.text == text
    assert b"".join(model.pieces_V[token] for token in answer.tokens).decode() == text
    assert model.mark not in answer.tokens
    assert not answer.is_cut


def test_json_that_is_not_complete_is_said_to_be_cut():
    schema = '{"type": "integer"}'
    assert decode(JsonModel("[1,22]"), [65], Sampling(max_tokens=3, json_schema="{}")).is_cut
    assert not decode(JsonModel("123"), [65], Sampling(max_tokens=3, json_schema=schema)).is_cut
    assert decode(JsonModel("-12"), [65], Sampling(max_tokens=1, json_schema=schema)).is_cut


def test_json_may_stop_only_after_a_whole_value():
    model = JsonModel("-1")
    end = ord("!")
    sampling = Sampling(max_tokens=9, json_schema='{"type": "integer"}', stop_ids=(end,))
    assert decode(model, [65], sampling).is_cut is False
    model.wanted = "-1!"
    assert decode(model, [65], sampling).text == "-1"
    model.wanted = "!"
    assert decode(model, [65], sampling).text.lstrip("-").isdigit()


def test_a_vocabulary_that_cannot_spell_the_json_is_an_error():
    with pytest.raises(LimbeckError, match="no token can continue the JSON"):
        decode(JsonModel("x", without=b"tf"), [65], Sampling(json_schema='{"enum": ["t"]}'))
