"""Around every request: a number to find it by, strict headers, a line in the log, and an answer even to a bug of ours.

A line says method, route, status and time; never a path, a question, a key or an answer.
"""

import logging
import time
import traceback
import uuid
from typing import final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from limbeck.serving.api.failure import ApiError
from limbeck.serving.api.metrics import Metrics

LOG = logging.getLogger("limbeck.serving")
REQUEST_ID = "X-Request-ID"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@final
class _Answer:
    """What was sent so far: the headers are added, the status is kept."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self.status = 0

    async def send(self, message: Message) -> None:
        """Send a part of the answer on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in {**_HEADERS, REQUEST_ID: self._request_id}.items():
                headers[name] = value
        await self._send(message)


class Observer:
    """Watch every request of an app."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and note what became of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, request_id = time.perf_counter(), uuid.uuid4().hex
        answer = _Answer(send, request_id)
        try:
            await self._app(scope, receive, answer.send)
        except Exception as error:
            LOG.error("bug %s %s", _where(error), request_id)
            if not answer.status:
                told = ApiError(500, "a bug in limbeck; the server's log says where", code="internal")
                await told.response()(scope, receive, answer.send)
        finally:
            self._note(scope, answer.status or 499, time.perf_counter() - started, request_id)

    def _note(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        route = getattr(scope.get("route"), "path", "other")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.count_request(method=method, route=route, status=status, seconds=seconds)
        key = scope.get("state", {}).get("key")
        name = key.name if key is not None else "-"
        LOG.info("%s %s %d %.0f ms key=%s %s", method, route, status, seconds * 1e3, name, request_id)


def _where(error: BaseException) -> str:
    """Name a bug by its kind and place: its message may hold what somebody wrote."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {frame.filename}:{frame.lineno}"
