"""`/v1/chat/completions`: a conversation answered as `limbeck chat` answers it, with its citations."""

import time
import uuid
from collections.abc import Iterator
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from limbeck.serving.api.answering import Said, Wish, answer
from limbeck.serving.api.body import MOST_TOKENS, Drawn, Usage, refuse_what_is_lacking, usage
from limbeck.serving.api.citing import CitationFields
from limbeck.serving.api.event_stream import STREAMED, stream
from limbeck.serving.api.guard import needs
from limbeck.serving.api.json_form import sampling_of, schema_of
from limbeck.serving.api.messages import Message, read_messages
from limbeck.serving.api.running import while_connected
from limbeck.serving.api.service import service_of
from limbeck.serving.api.shown_text import End

router = APIRouter(prefix="/v1", tags=["chat"], dependencies=[needs("chat")])
_LACKED = {
    "logprobs": "a bundle's text comes from rows, not from tokens that have chances",
    "top_logprobs": "a bundle's text comes from rows, not from tokens that have chances",
    "tools": "a bundle calls no tools",
    "functions": "a bundle calls no tools",
    "audio": "only text is written",
    "prediction": "not here",
    "web_search_options": "a bundle answers from its knowledge alone",
}
_WITHOUT_EFFECT = (
    *("user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key", "reasoning_effort"),
    *("verbosity", "parallel_tool_calls", "tool_choice", "function_call"),
)


class ChatBody(Drawn):
    """A conversation that ends in a question."""

    model: str
    messages: Annotated[list[Message], Field(min_length=1)]
    max_completion_tokens: Annotated[int, Field(ge=1, le=MOST_TOKENS)] | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    tools: list[object] | None = None
    functions: list[object] | None = None
    audio: object = None
    prediction: object = None
    web_search_options: object = None
    modalities: list[Literal["text"]] | None = None
    tool_choice: object = None
    function_call: object = None
    parallel_tool_calls: bool | None = None
    metadata: dict[str, str] | None = None
    store: bool | None = None
    service_tier: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    reasoning_effort: str | None = None
    verbosity: str | None = None


class AnswerMessage(BaseModel):
    """An answer: its text, the rows and passages it rests on, and whether it is a refusal."""

    role: Literal["assistant"] = "assistant"
    content: str | None
    refusal: str | None
    refused: bool
    citations: list[CitationFields]


class Choice(BaseModel):
    """The one answer of a request."""

    index: Literal[0] = 0
    message: AnswerMessage
    logprobs: None = None
    finish_reason: End


class ChatCompletion(BaseModel):
    """What comes back; `ignored` names what was sent and has no effect."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    ignored: list[str]


class Delta(BaseModel):
    """What a stream adds to the message; citations come with the end."""

    role: Literal["assistant"] | None = None
    content: str | None = None
    refusal: str | None = None
    refused: bool | None = None
    citations: list[CitationFields] | None = None


class ChunkChoice(BaseModel):
    """A step of the one answer."""

    index: Literal[0]
    delta: Delta
    finish_reason: End | None


class ChatChunk(BaseModel):
    """An event of a stream."""

    id: str
    object: Literal["chat.completion.chunk"]
    created: int
    model: str
    choices: list[ChunkChoice]
    usage: Usage | None = None
    ignored: list[str] | None = None


@router.post("/chat/completions", response_model=ChatCompletion, responses=STREAMED)
async def complete_chat(body: ChatBody, request: Request) -> Response:
    """Answer the last question of a conversation, or refuse."""
    service = service_of(request)
    service.check_model(body.model, service.name)
    refuse_what_is_lacking(body, _LACKED)
    asked = read_messages(body.messages)
    wish = Wish(
        sampling=sampling_of(body),
        stops=body.stops,
        max_tokens=body.max_completion_tokens or body.max_tokens,
        schema=schema_of(body),
    )
    ignored = [*asked.ignored, *(name for name in _WITHOUT_EFFECT if getattr(body, name) is not None)]
    telling = _Telling(service.name, ignored, includes_usage=body.includes_usage)
    running = service.start(request, lambda send, should_stop: answer(service, asked, wish, send, should_stop))
    if body.stream:
        return await stream(request, running, chunk_of=telling.piece, begin=telling.begin(), end=telling.end)
    said = await while_connected(request, running, running.result())
    return JSONResponse(telling.whole(said).model_dump())


class _Telling:
    """The envelope of one answer, whole or in chunks."""

    def __init__(self, model: str, ignored: list[str], *, includes_usage: bool) -> None:
        self._id = f"chatcmpl-{uuid.uuid4().hex}"
        self._created = int(time.time())
        self._model = model
        self._ignored = ignored
        self._includes_usage = includes_usage

    def whole(self, said: Said) -> ChatCompletion:
        message = AnswerMessage(
            content=said.text, refusal=said.refusal, refused=said.refused, citations=list(said.citations)
        )
        choice = Choice(message=message, finish_reason=said.end)
        return ChatCompletion(
            id=self._id,
            created=self._created,
            model=self._model,
            choices=[choice],
            usage=usage(said.num_read, said.num_written),
            ignored=self._ignored,
        )

    def begin(self) -> ChatChunk:
        return self._chunk(Delta(role="assistant", content=""))

    def piece(self, text: str) -> ChatChunk:
        return self._chunk(Delta(content=text))

    def end(self, said: Said) -> Iterator[ChatChunk]:
        delta = Delta(refused=said.refused, citations=list(said.citations))
        if said.refusal is not None:
            delta.refusal = said.refusal
        last = self._chunk(delta, said.end)
        last.ignored = self._ignored
        yield last
        if self._includes_usage:
            told = self._chunk(Delta())
            told.choices, told.usage = [], usage(said.num_read, said.num_written)
            yield told

    def _chunk(self, delta: Delta, end: End | None = None) -> ChatChunk:
        choice = ChunkChoice(index=0, delta=delta, finish_reason=end)
        return ChatChunk(
            id=self._id, object="chat.completion.chunk", created=self._created, model=self._model, choices=[choice]
        )
