"""One request's work as the event loop sees it: pieces as they come, then the result, or why there is none."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError
from typing import Any, Generic, TypeVar, final

from starlette.requests import Request

from limbeck.core.errors import Interrupted
from limbeck.serving.api.failure import ApiError, deadline_passed, full, stopping
from limbeck.serving.api.work_queue import QueueClosed, QueueFull, Ticket, WorkQueue

_Result = TypeVar("_Result")
_Waited = TypeVar("_Waited")
Send = Callable[[str], None]
Work = Callable[[Send, Callable[[], bool]], _Result]
"""What runs on the worker: it is given where to send pieces, and what tells it to stop."""


@final
class Running(Generic[_Result]):
    """Work in line or under way.

    Raises: ApiError: the queue is full, or the server stops.
    """

    def __init__(self, queue: WorkQueue, client: str, work: Work[_Result], *, deadline_s: float) -> None:
        loop = asyncio.get_running_loop()
        self._queue = queue
        self._pieces: asyncio.Queue[str | None] = asyncio.Queue()

        def send(piece: str | None) -> None:
            # the loop may be gone where the process ends under a running answer
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._pieces.put_nowait, piece)

        self._ticket: Ticket[_Result] = Ticket(client, lambda ticket: work(send, ticket.should_stop), deadline_s)
        self._ticket.future.add_done_callback(lambda _: send(None))
        try:
            queue.submit(self._ticket)
        except QueueFull:
            raise full() from None
        except QueueClosed:
            raise stopping() from None

    async def piece(self) -> str | None:
        """Return the next piece, or None after the last.

        Raises: ApiError: the deadline has passed.
        """
        try:
            async with asyncio.timeout(self._ticket.left_s()):
                return await self._pieces.get()
        except TimeoutError:
            self.leave()
            raise deadline_passed() from None

    async def result(self) -> _Result:
        """Wait for the end, and return what came of it.

        Raises: ApiError: the deadline has passed; and whatever the work raised.
        """
        while await self.piece() is not None:
            pass
        return self.outcome()

    def outcome(self) -> _Result:
        """Return what came of work that has ended."""
        try:
            return self._ticket.future.result(timeout=0)
        except (Interrupted, CancelledError):
            raise deadline_passed() from None

    def leave(self) -> None:
        """Wait no longer; work that has ended stays as it is."""
        self._queue.leave(self._ticket)


async def while_connected(request: Request, running: Running[Any], wait: Awaitable[_Waited]) -> _Waited:
    """Wait for something unless the client hangs up, which gives its place in line to others.

    Returns: what was waited for.
    Raises: ApiError: it hung up; nobody will read it.
    """
    waited, gone = asyncio.ensure_future(wait), asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({waited, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not waited.done():
            running.leave()
            raise ApiError(499, "the client hung up", code="client_closed_request")
        return waited.result()
    except asyncio.CancelledError:
        running.leave()
        raise
    finally:
        for task in (waited, gone):
            task.cancel()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
