"""What stands before every route: the right host, no foreign page, a known key, a body of JSON that is not too long."""

import asyncio
from collections.abc import Collection
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.params import Depends as DependsOn
from fastapi.security import HTTPBearer
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Connection

from limbeck.serving.api.failure import ApiError
from limbeck.serving.api.keys import Key, Scope, find_key

OPEN = frozenset({"/healthz", "/readyz"})
"""What needs no key: whether the server is there."""

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_BODY_SECONDS = 20.0
_ANYBODY = "anybody"
_bearer = HTTPBearer(auto_error=False, description="A key of `limbeck serve --new-key`, where the server has any.")


class Guard:
    """Turn away what no route should see.

    Without keys only names of this machine are answered to, so that no page can reach it under a name of its own.
    """

    def __init__(self, app: ASGIApp, *, keys: Collection[Key], host: str, body_bytes: int) -> None:
        self._app = app
        self._keys = keys
        self._names = {*_LOOPBACK_NAMES, host.lower()}
        self._body_bytes = body_bytes

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with what is wrong."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            self._check_origin(headers)
            self._check_body(scope["method"], headers)
            if scope["path"] not in OPEN:
                scope.setdefault("state", {})["key"] = self._key_of(headers)
        except ApiError as error:
            await error.response()(scope, receive, send)
            return
        await self._app(scope, _in_time(receive), send)

    def _check_origin(self, headers: Headers) -> None:
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._keys and _name_of(host) not in self._names:
            raise ApiError(403, "this server answers to names of this machine only", code="wrong_host")
        if origin is not None and urlsplit(origin).netloc != host:
            raise ApiError(403, "pages of other sites may not use this server", code="wrong_origin")

    def _check_body(self, method: str, headers: Headers) -> None:
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self._body_bytes:
            raise ApiError(413, f"the body is longer than {self._body_bytes} bytes")
        has_body = length != "0" or "transfer-encoding" in headers
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if has_body and kind != "application/json":
            raise ApiError(415, "the body is to be JSON: Content-Type: application/json")

    def _key_of(self, headers: Headers) -> Key | None:
        if not self._keys:
            return None
        scheme, _, secret = headers.get("authorization", "").partition(" ")
        key = find_key(self._keys, secret.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            what = "a wrong key" if secret else "this server needs a key: Authorization: Bearer lk-…"
            raise ApiError(401, what, code="invalid_api_key", headers={"WWW-Authenticate": "Bearer"})
        return key


def needs(wanted: Scope) -> DependsOn:
    """Return what a route depends on: that the key, where there are any, has a scope."""

    async def check(request: Request, _: object = Depends(_bearer)) -> None:
        key: Key | None = request.state.key
        if key is not None and wanted not in key.scopes:
            raise ApiError(403, f"the key {key.name!r} has no scope {wanted!r}", code="missing_scope")

    needed: DependsOn = Depends(check)
    return needed


def client_of(request: Request) -> str:
    """Return who asks, to take turns by: the key, or the address."""
    key: Key | None = request.state.key
    if key is not None:
        return f"key {key.name}"
    return request.client.host if request.client else _ANYBODY


def _name_of(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _in_time(receive: Receive) -> Receive:
    """Give a body only so long to arrive; what comes after it, the end of the connection, may take any time."""
    is_whole = False

    async def hear() -> Message:
        nonlocal is_whole
        if is_whole:
            return await receive()
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, "the body took too long to arrive") from None
        is_whole = not message.get("more_body", False)
        return message

    return hear
