"""Server-sent events as OpenAI's clients read them: an object a line, `[DONE]` last, an error as an object too."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypeVar, final

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from limbeck.serving.api.failure import RESPONSES, ErrorBody, as_api_error
from limbeck.serving.api.running import Running, while_connected

_Result = TypeVar("_Result")
MEDIA_TYPE = "text/event-stream"
STREAMED: dict[int | str, dict[str, Any]] = {**RESPONSES, 200: {"content": {MEDIA_TYPE: {}}}}
"""What a route that streams may answer, for the OpenAPI document."""
_DONE = "data: [DONE]\n\n"


async def stream(
    request: Request,
    running: Running[_Result],
    *,
    chunk_of: Callable[[str], BaseModel],
    begin: BaseModel | None,
    end: Callable[[_Result], Iterator[BaseModel]],
) -> StreamingResponse:
    """Return a response that tells pieces as they come, then what `end` makes of the result.

    What fails before the first piece is raised, so that it is answered with its own status.
    """
    first = await while_connected(request, running, running.piece())
    if first is None:
        running.outcome()

    async def events() -> AsyncIterator[str]:
        try:
            if begin is not None:
                yield _event(begin)
            piece = first
            while piece is not None:
                yield _event(chunk_of(piece))
                piece = await running.piece()
            for chunk in end(running.outcome()):
                yield _event(chunk)
        except Exception as error:
            known = as_api_error(error)
            if known is None:
                raise
            yield _event(ErrorBody(error=known.fields))
        yield _DONE

    return _EventStream(events(), running)


@final
class _EventStream(StreamingResponse):
    """Events that end with their client: where it hangs up, at whatever point, the work stops at its next token."""

    def __init__(self, events: AsyncIterator[str], running: Running[Any]) -> None:
        super().__init__(events, media_type=MEDIA_TYPE, headers={"X-Accel-Buffering": "no"})
        self._running = running

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._running.leave()


def _event(chunk: BaseModel) -> str:
    return f"data: {chunk.model_dump_json(exclude_unset=True)}\n\n"
