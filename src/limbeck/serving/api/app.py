"""The app: every route, what stands before them, and its OpenAPI document."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from limbeck.core.errors import LimbeckError
from limbeck.serving.api import chat, completions, embeddings, health, knowledge, models
from limbeck.serving.api.address import LOOPBACK
from limbeck.serving.api.failure import ApiError, answer_error
from limbeck.serving.api.guard import Guard
from limbeck.serving.api.keys import Key
from limbeck.serving.api.observer import Observer
from limbeck.serving.api.service import Service

_ABOUT = (
    "An assistant that answers from its knowledge, cites it, and refuses the rest. It speaks as OpenAI's clients do; "
    "what goes beyond that are the fields `citations`, `refused` and `ignored`, and the routes of `/v1/knowledge`."
)


def make_app(service: Service, *, keys: Collection[Key] = (), host: str = LOOPBACK) -> FastAPI:
    """Return the app of a service; it closes the service when it ends."""

    @asynccontextmanager
    async def until_closed(app: FastAPI) -> AsyncIterator[None]:
        yield
        service.close()

    body_bytes = service.limits.body_bytes
    app = FastAPI(
        title=f"Limbeck: {service.name}",
        version=version("limbeck"),
        description=_ABOUT,
        # their pages load scripts from elsewhere
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=until_closed,
        middleware=[
            Middleware(Observer, metrics=service.metrics),
            Middleware(Guard, keys=keys, host=host, body_bytes=body_bytes),
            Middleware(RequestBodyLimitMiddleware, max_body_size=body_bytes),
        ],
    )
    app.state.service = service
    for part in (chat, completions, embeddings, models, knowledge, health):
        app.include_router(part.router)
    for kind in (ApiError, LimbeckError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, answer_error)
    return app
