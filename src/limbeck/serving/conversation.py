"""Talk with a checkpoint: the history is kept, and its oldest turns make room where the talk outgrows the context.

T = prompt tokens.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, final

from limbeck.bundle.asked import clean
from limbeck.bundle.turn import Turn
from limbeck.core.errors import UsageError
from limbeck.engine.engine import Generation, Sampling

_BROKEN = "\ufffd"
"""What half a character decodes to; the next token may complete it."""


class Writer(Protocol):
    """Text to tokens and back, as one checkpoint reads and writes it."""

    def write(self, messages: Sequence[Mapping[str, str]]) -> list[int]:
        """Write messages as the tokens of a prompt."""

    def read(self, tokens: Sequence[int]) -> str:
        """Read tokens as text."""


class Generator(Protocol):
    """What continues a prompt."""

    def generate(
        self, prompt_T: Sequence[int], sampling: Sampling, on_token: Callable[[int], None] | None = None
    ) -> Generation:
        """Continue a prompt, calling `on_token` for each token as it comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How many tokens a model reads, None without limit; a decoder's answer shares them, an encoder's does not."""

    context_tokens: int | None
    is_shared: bool = True

    def holds(self, prompt_tokens: int, answer_tokens: int) -> bool:
        """Tell whether a prompt fits, with the answer where it shares the room."""
        wanted = prompt_tokens + answer_tokens if self.is_shared else max(prompt_tokens, answer_tokens)
        return self.context_tokens is None or wanted <= self.context_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """The turns the model still sees, oldest first, and how many answers were given in all."""

    turns: tuple[Turn, ...] = ()
    num_answers: int = 0

    @property
    def num_forgotten(self) -> int:
        """Return how many turns no longer fit the context."""
        return self.num_answers - len(self.turns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One answer of a checkpoint."""

    text: str
    num_prompt_tokens: int
    num_tokens: int
    is_cut: bool
    timings_ms: Mapping[str, float]


@final
class Talker:
    """A checkpoint that answers turn by turn."""

    def __init__(self, *, name: str, generator: Generator, writer: Writer, sampling: Sampling, room: Room) -> None:
        self.name = name
        self._generator = generator
        self._writer = writer
        self._sampling = sampling
        self._room = room

    def answer(
        self, conversation: Conversation, question: str, on_text: Callable[[str], None] | None = None
    ) -> tuple[Conversation, Said]:
        """Answer the next question; `on_text` hears the answer as it grows.

        The same questions with the same seed get the same answers.
        Returns: the conversation after it, without the turns that no longer fit, and the answer.
        Raises: UsageError: the question is empty, or alone too long for the context.
        """
        asked = clean(question)
        turns, prompt_T = self._fit(conversation.turns, asked)
        stream = GrowingText(self._writer.read, on_text or (lambda _: None))
        # another seed for each turn: equal draws would tie the answers together
        sampling = replace(self._sampling, seed=self._sampling.seed + conversation.num_answers)
        generation = self._generator.generate(prompt_T, sampling, stream.take)
        said = Said(
            text=stream.finish(generation.tokens),
            num_prompt_tokens=len(prompt_T),
            num_tokens=len(generation.tokens),
            is_cut=len(generation.tokens) >= sampling.max_tokens,
            timings_ms={"first_token": generation.first_token_ms, "total": generation.total_ms},
        )
        kept = (*turns, Turn(question=asked, answer=said.text))
        return Conversation(turns=kept, num_answers=conversation.num_answers + 1), said

    def _fit(self, turns: tuple[Turn, ...], question: str) -> tuple[tuple[Turn, ...], list[int]]:
        """Drop the oldest turns until prompt and answer fit the context."""
        for first in range(len(turns) + 1):
            prompt_T = self._writer.write(messages_of(turns[first:], question))
            if self._room.holds(len(prompt_T), self._sampling.max_tokens):
                return turns[first:], prompt_T
        what, fix = f"the question takes {len(prompt_T)} tokens", "ask in fewer words"
        if self._room.is_shared:
            what, fix = f"{what}, the answer up to {self._sampling.max_tokens}", f"{fix}, or lower --max-tokens"
        raise UsageError(f"{what}, and the model reads {self._room.context_tokens}", fix=fix)


def messages_of(turns: Sequence[Turn], question: str) -> list[dict[str, str]]:
    """Lay out turns and the next question as messages of `user` and `assistant`."""
    said = [
        {"role": role, "content": content}
        for turn in turns
        for role, content in (("user", turn.question), ("assistant", turn.answer))
    ]
    return [*said, {"role": "user", "content": question}]


@final
class GrowingText:
    """Send a text on as its tokens come, whole characters only, without space around it."""

    def __init__(self, read: Callable[[Sequence[int]], str], send: Callable[[str], None]) -> None:
        self._read = read
        self._send = send
        self._tokens: list[int] = []
        self._sent = ""

    def take(self, token: int) -> None:
        """Hear one more token."""
        self._tokens.append(token)
        self._pass_on(self._read(self._tokens).rstrip(_BROKEN).strip())

    def finish(self, tokens: Sequence[int]) -> str:
        """Send what is left, and return the whole text."""
        text = self._read(tokens).strip()
        self._pass_on(text)
        return text

    def _pass_on(self, text: str) -> None:
        if len(text) > len(self._sent) and text.startswith(self._sent):
            self._send(text[len(self._sent) :])
            self._sent = text
