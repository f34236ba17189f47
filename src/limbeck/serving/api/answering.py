"""Answer one question of a chat on the worker: ask the bundle, then show as much as the client wants, in its form."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from limbeck.bundle.assistant import stoppable
from limbeck.bundle.reply import Reply
from limbeck.engine.engine import Sampling
from limbeck.knowledge.evidence import Citation
from limbeck.serving.api.cited_json import MAX_TOKENS, Unsayable, write_json
from limbeck.serving.api.citing import CitationFields, quoted
from limbeck.serving.api.messages import Asked
from limbeck.serving.api.service import Service
from limbeck.serving.api.shown_text import End, ShownText

_NOT_SO = {
    "en": "I cannot say this in the form asked for: {why}.",
    "zh": "我无法按要求的格式回答：{why}。",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a client wants its answer: how it is drawn, where it ends, in which form."""

    sampling: Sampling
    stops: tuple[str, ...] = ()
    max_tokens: int | None = None
    schema: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer as a client sees it; a refusal of JSON has no text, but `refusal` says why."""

    text: str | None
    refusal: str | None
    citations: tuple[CitationFields, ...]
    end: End
    num_read: int
    num_written: int

    @property
    def refused(self) -> bool:
        """Tell whether this is no answer."""
        return self.refusal is not None


def answer(
    service: Service, asked: Asked, wish: Wish, send: Callable[[str], None], should_stop: Callable[[], bool]
) -> Said:
    """Answer a question; `send` hears the text as it grows, JSON in one piece.

    Raises: UsageError: the question is empty. Interrupted: `should_stop` turned true.
    """
    shown = ShownText(service.assistant.tokenizer, stops=wish.stops, max_tokens=wish.max_tokens, send=send)
    reply = service.assistant.ask(
        asked.question,
        asked.dialogue.turns,
        shown.take if wish.schema is None else None,
        sampling=wish.sampling,
        should_stop=should_stop,
    )
    said = _as_text(service, reply, shown) if wish.schema is None else _as_json(service, reply, wish, send, should_stop)
    service.metrics.count_answer(refused=said.refused)
    service.metrics.count_tokens(num_read=said.num_read, num_written=said.num_written)
    return said


def _as_text(service: Service, reply: Reply, shown: ShownText) -> Said:
    end = shown.finish()
    is_refused = reply.answer.refused
    return Said(
        text=shown.text,
        refusal=reply.answer.text if is_refused else None,
        citations=_citations(service, reply.answer.citations),
        end=end,
        num_read=reply.num_prompt_tokens,
        num_written=shown.num_tokens(),
    )


def _as_json(
    service: Service, reply: Reply, wish: Wish, send: Callable[[str], None], should_stop: Callable[[], bool]
) -> Said:
    assert wish.schema is not None
    if reply.answer.refused:
        return _refused(reply.answer.text, reply)

    sampling = replace(wish.sampling, max_tokens=wish.max_tokens or MAX_TOKENS)
    try:
        written = write_json(service.assistant, reply, wish.schema, sampling, stoppable(None, should_stop))
    except Unsayable as error:
        return _refused(_NOT_SO[reply.language].format(why=error), reply)
    send(written.text or "")
    return Said(
        text=written.text or "",
        refusal=None,
        citations=_citations(service, reply.answer.citations),
        end="length" if written.is_cut else "stop",
        num_read=reply.num_prompt_tokens,
        num_written=len(written.tokens),
    )


def _refused(why: str, reply: Reply) -> Said:
    return Said(text=None, refusal=why, citations=(), end="stop", num_read=reply.num_prompt_tokens, num_written=0)


def _citations(service: Service, citations: tuple[Citation, ...]) -> tuple[CitationFields, ...]:
    return tuple(quoted(service.knowledge, citation) for citation in citations)
