"""What tokens say: held back while a stop text may begin, cut where it does, told in whole characters."""

import json
import random

import pytest

from limbeck.core.errors import LimbeckError
from limbeck.engine.engine import Generation, Sampling
from limbeck.engine.transcript import Transcript
from limbeck.engine.vocabulary import Vocabulary, byte_level_piece, read_tokenizer_json
from limbeck.engine.writing import write


def spoken(*pieces):
    return Vocabulary(pieces_V=pieces, special_ids=frozenset(), encode=list)


def told_step_by_step(pieces, *stop_texts):
    """How many tokens are told after each, and the answer."""
    told, counts = [], []
    transcript = Transcript(Sampling(stop_texts=stop_texts), spoken(*pieces), told.append)
    for token in range(len(pieces)):
        is_stopped = transcript.add(token)
        counts.append(len(told))
        if is_stopped:
            break
    answer = transcript.close(first_token_ms=1.0, total_ms=2.0, is_cut=True)
    assert tuple(told) == answer.tokens
    assert answer.is_cut != transcript.is_stopped
    return counts, answer


def test_holds_back_only_what_may_begin_a_stop_text():
    counts, answer = told_step_by_step([b"x", b"a", b"ab", b"a", b"c", b"a"], "abc")
    assert counts == [1, 1, 2, 3, 5, 5]
    assert answer.text == "xaabaca"
    counts, answer = told_step_by_step([b"x", b"a", b"b", b"cd"], "abc")
    assert counts == [1, 1, 1, 1]
    assert answer.text == "x"


def test_text_before_a_stop_text_inside_a_token_is_kept():
    _, answer = told_step_by_step([b"one", b" two\nUs", b"er: hi"], "\nUser:")
    assert (answer.tokens, answer.text) == ((0,), "one two")


def test_the_stop_text_that_is_complete_first_counts_however_the_tokens_lie():
    for pieces in ([b"abc"], [b"ab", b"c"], [b"a", b"b", b"c"]):
        assert told_step_by_step(pieces, "abc", "b")[1].text == "a"
        assert told_step_by_step(pieces, "b", "ab")[1].text == ""


def test_a_character_in_halves_is_found_and_never_shown_in_half():
    chad = "乍得".encode()
    pieces = [b"x", chad[:1], chad[1:4], chad[4:]]
    assert told_step_by_step(pieces, "得")[1].text == "x乍"
    assert told_step_by_step(pieces, "乍")[1].text == "x"
    assert told_step_by_step([b"x\xe4", b"y"], "乍")[1].text == "x\ufffdy"


def test_any_split_of_any_text_is_cut_at_the_same_place():
    seeds = random.Random(0)
    for _ in range(300):
        text = "".join(seeds.choices("ab得", k=14))
        stop_texts = ["".join(seeds.choices("ab得", k=seeds.randint(1, 4))) for _ in range(2)]
        ends = [text.find(stop) + len(stop) for stop in stop_texts if stop in text]
        wanted = text
        if ends:
            first = text[: min(ends)]
            wanted = min((first.removesuffix(stop) for stop in stop_texts if first.endswith(stop)), key=len)
        content, pieces = text.encode(), []
        while content:
            size = seeds.randint(1, 5)
            pieces.append(content[:size])
            content = content[size:]
        assert told_step_by_step(pieces, *stop_texts)[1].text == wanted


class Repeater:
    """Writes its vocabulary once, in order."""

    name = "repeater"

    def __init__(self, *pieces):
        self._vocabulary = spoken(*pieces)

    def vocabulary(self):
        return self._vocabulary

    def generate(self, prompt_T, sampling, on_token=None):
        vocabulary = self._vocabulary if sampling.reads_text else None
        transcript = Transcript(sampling, vocabulary, on_token)
        any(transcript.add(token) for token in range(len(self._vocabulary.pieces_V)))
        return transcript.close(first_token_ms=0.0, total_ms=0.0, is_cut=True)


@pytest.mark.parametrize(
    ("stop_texts", "pieces", "told"),
    [
        ((), [b"x", b"\xe4\xb9", b"\x8dy", b"z"], ["x", "乍y", "z"]),
        ((), [b"x", b"\xe4\xb9"], ["x", "\ufffd"]),
        (("End",), [b"x", b"yE", b"nd", b"z"], ["x", "y"]),
        (("End",), [b"x", b"E", b"n", b"e"], ["x", "E", "n", "e"]),
        (("!",), [b"\xe4\xb9", b"\x8d!", b"z"], ["乍"]),
        (("x",), [b"x"], []),
    ],
)
def test_writes_whole_characters_that_add_up_to_the_text(stop_texts, pieces, told):
    heard = []
    answer = write(Repeater(*pieces), [0], Sampling(stop_texts=stop_texts), heard.append)
    assert heard == told
    assert answer.text == "".join(told)
    assert isinstance(answer, Generation)
    assert write(Repeater(*pieces), [0], Sampling(stop_texts=stop_texts)).text == answer.text


def test_byte_level_letters_stand_for_all_bytes(tiny_checkpoint):
    assert byte_level_piece("Ġthe") == b" the"
    assert byte_level_piece("ä¹į") == "乍".encode()
    vocabulary = read_tokenizer_json(tiny_checkpoint / "tokenizer.json", 450, list)
    assert {piece for piece in vocabulary.pieces_V if len(piece) == 1} == {bytes([byte]) for byte in range(256)}
    assert vocabulary.pieces_V[440:] == (b"",) * 10


def test_a_tokenizer_that_is_not_byte_level_is_refused(broken_checkpoint):
    path = broken_checkpoint / "tokenizer.json"
    fields = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(fields | {"decoder": {"type": "Metaspace"}}), encoding="utf-8")
    with pytest.raises(LimbeckError, match="do not stand for bytes"):
        read_tokenizer_json(path, 440, list)
    for damaged in ("{", "[]", '{"decoder": {"type": "ByteLevel"}}'):
        path.write_text(damaged, encoding="utf-8")
        with pytest.raises(LimbeckError, match="no readable tokenizer"):
            read_tokenizer_json(path, 440, list)
