"""`/v1/completions`: the bundle's model goes on with a text by itself, without knowledge and without citations."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from limbeck.core.errors import Interrupted
from limbeck.engine.engine import Generation, Sampling
from limbeck.engine.writing import write
from limbeck.serving.api.body import Drawn, Text, Usage, refuse_what_is_lacking, usage
from limbeck.serving.api.chances import MOST_RIVALS, MOST_TOKENS, Chances, chances_of
from limbeck.serving.api.event_stream import STREAMED, stream
from limbeck.serving.api.failure import ApiError, unsupported
from limbeck.serving.api.guard import needs
from limbeck.serving.api.json_form import sampling_of, schema_of
from limbeck.serving.api.running import while_connected
from limbeck.serving.api.service import Service, service_of
from limbeck.serving.api.shown_text import End

router = APIRouter(prefix="/v1", tags=["completions"], dependencies=[needs("chat")])
_MAX_TOKENS = 16
_MAX_JSON_TOKENS = 256
_LACKED = {
    "echo": "the answer is only what follows",
    "suffix": "the model writes only onward",
}


class CompletionBody(Drawn):
    """A text to go on with."""

    model: str
    prompt: Text | Annotated[list[Text], Field(min_length=1, max_length=1)]
    logprobs: Annotated[int, Field(ge=0, le=MOST_RIVALS)] | None = None
    echo: bool | None = None
    suffix: str | None = None
    best_of: int | None = None


class CompletionChoice(BaseModel):
    """What the model wrote."""

    index: Literal[0]
    text: str
    logprobs: Chances | None
    finish_reason: End | None


class Completion(BaseModel):
    """What comes back, whole or in pieces."""

    id: str
    object: Literal["text_completion"]
    created: int
    model: str
    choices: list[CompletionChoice]
    usage: Usage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What the model wrote, and of how many tokens."""

    generation: Generation
    num_read: int
    chances: Chances | None


@router.post("/completions", response_model=Completion, responses=STREAMED)
async def complete(body: CompletionBody, request: Request) -> Response:
    """Go on with a text."""
    service = service_of(request)
    service.check_model(body.model, service.name)
    refuse_what_is_lacking(body, _LACKED)
    if body.best_of not in (None, 1):
        raise unsupported("best_of", "one answer at a time")
    prompt = body.prompt if isinstance(body.prompt, str) else body.prompt[0]
    sampling = _sampling(body)
    _check_chances(body, sampling)
    running = service.start(
        request, lambda send, should_stop: _write(service, (prompt, body.logprobs), sampling, send, should_stop)
    )
    telling = _Telling(service.name, includes_usage=body.includes_usage)
    if body.stream:
        return await stream(request, running, chunk_of=telling.piece, begin=None, end=telling.end)
    written = await while_connected(request, running, running.result())
    return JSONResponse(telling.whole(written).model_dump())


def _sampling(body: CompletionBody) -> Sampling:
    schema = schema_of(body)
    if schema is None:
        return sampling_of(body, max_tokens=body.max_tokens or _MAX_TOKENS, stop_texts=body.stops)
    form = sampling_of(body, max_tokens=body.max_tokens or _MAX_JSON_TOKENS)
    return replace(form, json_schema=json.dumps(schema, ensure_ascii=False))


def _check_chances(body: CompletionBody, sampling: Sampling) -> None:
    if body.logprobs is None:
        return
    if body.stream:
        raise unsupported("logprobs", "not in a stream: they are scored once the text is whole")
    if sampling.max_tokens > MOST_TOKENS:
        raise unsupported("logprobs", f"only with max_tokens up to {MOST_TOKENS}")


def _write(
    service: Service,
    asked: tuple[str, int | None],
    sampling: Sampling,
    send: Callable[[str], None],
    should_stop: Callable[[], bool],
) -> Written:
    prompt, num_rivals = asked
    tokenizer = service.assistant.tokenizer
    prompt_T = tokenizer.encode(prompt)
    most = service.context_tokens
    if most is not None and len(prompt_T) + sampling.max_tokens > most:
        what = (
            f"the prompt takes {len(prompt_T)} tokens, the answer up to {sampling.max_tokens}; the model reads {most}"
        )
        raise ApiError(400, what, code="context_length_exceeded", param="prompt")

    def hear(piece: str) -> None:
        if should_stop():
            raise Interrupted("the text was stopped")
        send(piece)

    generation = write(service.assistant.engine, prompt_T, replace(sampling, stop_ids=tokenizer.stop_ids), hear)
    service.metrics.count_tokens(num_read=len(prompt_T), num_written=len(generation.tokens))
    chances = None
    if num_rivals is not None:
        engine = service.assistant.engine
        chances = chances_of(engine, prompt_T, generation.tokens, num_rivals=num_rivals, should_stop=should_stop)
    return Written(generation=generation, num_read=len(prompt_T), chances=chances)


class _Telling:
    """The envelope of one text, whole or in pieces."""

    def __init__(self, model: str, *, includes_usage: bool) -> None:
        self._id = f"cmpl-{uuid.uuid4().hex}"
        self._created = int(time.time())
        self._model = model
        self._includes_usage = includes_usage

    def whole(self, written: Written) -> Completion:
        told = self._chunk(written.generation.text or "", _end(written), written.chances)
        told.usage = usage(written.num_read, len(written.generation.tokens))
        return told

    def piece(self, text: str) -> Completion:
        return self._chunk(text, None)

    def end(self, written: Written) -> Iterator[Completion]:
        yield self._chunk("", _end(written))
        if self._includes_usage:
            told = self._chunk("", None)
            told.choices, told.usage = [], usage(written.num_read, len(written.generation.tokens))
            yield told

    def _chunk(self, text: str, end: End | None, chances: Chances | None = None) -> Completion:
        choice = CompletionChoice(index=0, text=text, logprobs=chances, finish_reason=end)
        return Completion(
            id=self._id, object="text_completion", created=self._created, model=self._model, choices=[choice]
        )


def _end(written: Written) -> End:
    return "length" if written.generation.is_cut else "stop"
