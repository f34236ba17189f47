from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace

import pytest

from limbeck.bundle.turn import Turn
from limbeck.core.errors import UsageError
from limbeck.engine.engine import Generation, Sampling
from limbeck.serving.conversation import Conversation, GrowingText, Room, Talker, messages_of
from limbeck.serving.open_talker import MAX_TOKENS, ChatOptions, choose_sampling

Messages = Sequence[Mapping[str, str]]


class Bytes:
    """One token a byte; every message ends with a bar."""

    def write(self, messages: Messages) -> list[int]:
        return list("".join(message["content"] + "|" for message in messages).encode())

    def read(self, tokens: Sequence[int]) -> str:
        return bytes(tokens).decode("utf-8", "replace")


class Parrot:
    """Says what it is told to, and remembers what it was asked with."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.heard: list[tuple[str, Sampling]] = []

    def generate(
        self, prompt_T: Sequence[int], sampling: Sampling, on_token: Callable[[int], None] | None = None
    ) -> Generation:
        self.heard.append((bytes(prompt_T).decode(), sampling))
        tokens = tuple(self.answers.pop(0).encode())[: sampling.max_tokens]
        for token in tokens:
            assert on_token is not None
            on_token(token)
        return Generation(tokens=tokens, first_token_ms=1.0, total_ms=2.0)


def talker(parrot: Parrot, *, context_tokens: int | None = 40, max_tokens: int = 10, seed: int = 7) -> Talker:
    sampling = Sampling(max_tokens=max_tokens, seed=seed)
    return Talker(
        name="x", generator=parrot, writer=Bytes(), sampling=sampling, room=Room(context_tokens=context_tokens)
    )


def test_the_history_is_written_before_the_question() -> None:
    parrot = Parrot("fine", "sure")
    talk = talker(parrot)
    first, said = talk.answer(Conversation(), " how are  you ")
    second, _ = talk.answer(first, "really?")
    assert said.text == "fine"
    assert [prompt for prompt, _ in parrot.heard] == ["how are you|", "how are you|fine|really?|"]
    assert first.turns == (Turn(question="how are you", answer="fine"),)
    assert (len(second.turns), second.num_answers, second.num_forgotten) == (2, 2, 0)


def test_the_oldest_turns_make_room() -> None:
    parrot = Parrot("first", "second", "third", "fourth")
    talk, conversation = talker(parrot), Conversation()
    for question in ("aaaaaa", "bbbbbb", "cccccc", "dddddd"):
        conversation, said = talk.answer(conversation, question)
        assert said.num_prompt_tokens + 10 <= 40
    # 7 + 6 + 7 + 7 + 7 bytes would be too many with the ten of the answer
    assert [prompt for prompt, _ in parrot.heard] == [
        "aaaaaa|",
        "aaaaaa|first|bbbbbb|",
        "bbbbbb|second|cccccc|",
        "cccccc|third|dddddd|",
    ]
    assert conversation.num_forgotten == 2


def test_a_context_without_a_limit_forgets_nothing() -> None:
    talk, conversation = talker(Parrot(*"abcdefgh"), context_tokens=None), Conversation()
    for number in range(8):
        conversation, _ = talk.answer(conversation, "x" * 20 + str(number))
    assert (len(conversation.turns), conversation.num_forgotten) == (8, 0)


def test_a_question_that_fits_alone_at_the_very_edge_is_answered() -> None:
    after, _ = talker(Parrot("yes")).answer(Conversation(), "x" * 29)
    assert len(after.turns) == 1
    with pytest.raises(UsageError, match="the question takes 31 tokens, the answer up to 10, and the model reads 40"):
        talker(Parrot("yes")).answer(after, "x" * 30)


def test_an_empty_question_is_refused() -> None:
    with pytest.raises(UsageError, match="is empty"):
        talker(Parrot("yes")).answer(Conversation(), " \x00 ")


def test_each_turn_draws_with_a_seed_of_its_own() -> None:
    parrot = Parrot("a", "b", "c")
    talk = talker(parrot)
    conversation, _ = talk.answer(Conversation(), "x")
    talk.answer(conversation, "x")
    talk.answer(Conversation(), "x")
    assert [sampling.seed for _, sampling in parrot.heard] == [7, 8, 7]


def test_an_answer_as_long_as_may_be_was_cut() -> None:
    _, long = talker(Parrot("0123456789abc")).answer(Conversation(), "x")
    _, short = talker(Parrot("0123")).answer(Conversation(), "x")
    assert (long.text, long.is_cut, long.num_tokens) == ("0123456789", True, 10)
    assert not short.is_cut


def test_a_stream_sends_whole_characters_and_adds_up_to_the_answer() -> None:
    heard: list[str] = []
    _, said = talker(Parrot("  你好 a ")).answer(Conversation(), "x", heard.append)
    assert "".join(heard) == said.text == "你好 a"
    assert heard == ["你", "好", " a"]


def test_a_stream_never_takes_back_what_it_sent() -> None:
    heard: list[str] = []
    texts = iter(["ab", "wxyz", "abcde"])
    stream = GrowingText(lambda _: next(texts), heard.append)
    stream.take(0)
    stream.take(0)
    assert stream.finish([0, 0]) == "abcde"
    assert heard == ["ab", "cde"]


def test_messages_alternate() -> None:
    told = messages_of([Turn(question="a", answer="b")], "c")
    assert [(message["role"], message["content"]) for message in told] == [
        ("user", "a"),
        ("assistant", "b"),
        ("user", "c"),
    ]


def settle(options: ChatOptions, context_tokens: int | None = 1024, **settings: object) -> Sampling:
    return choose_sampling(
        options, SimpleNamespace(**settings), stop_ids=(5,), room=Room(context_tokens=context_tokens)
    )


def test_what_is_asked_for_goes_before_what_the_checkpoint_says() -> None:
    own = {"do_sample": True, "temperature": 0.6, "top_p": 0.95, "top_k": 20}
    chosen = settle(ChatOptions(), **own)
    assert (chosen.temperature, chosen.top_p, chosen.top_k, chosen.stop_ids) == (0.6, 0.95, 20, (5,))
    chosen = settle(ChatOptions(temperature=0.0, top_p=0.5, top_k=3, max_tokens=9, seed=4), **own)
    assert (chosen.temperature, chosen.top_p, chosen.top_k, chosen.max_tokens, chosen.seed) == (0.0, 0.5, 3, 9, 4)


def test_a_checkpoint_that_says_nothing_answers_greedily() -> None:
    chosen = settle(ChatOptions(), do_sample=False, temperature=0.6, top_k=50)
    assert (chosen.temperature, chosen.top_k, chosen.max_tokens) == (0.0, None, MAX_TOKENS)
    assert settle(ChatOptions(), do_sample=True, temperature=None, top_k=0).temperature == 1.0
    assert settle(ChatOptions(), do_sample=True, temperature=None, top_k=0).top_k is None


def test_an_answer_leaves_room_for_the_question() -> None:
    assert settle(ChatOptions(), context_tokens=128).max_tokens == 64
    assert settle(ChatOptions(max_tokens=127), context_tokens=128).max_tokens == 127
    with pytest.raises(UsageError, match="leaves no room"):
        settle(ChatOptions(max_tokens=128), context_tokens=128)
