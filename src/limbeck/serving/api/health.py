"""`/healthz`, `/readyz` and `/metrics`: what those who run a server look at."""

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from limbeck.serving.api.failure import RESPONSES, stopping
from limbeck.serving.api.guard import needs
from limbeck.serving.api.metrics import CONTENT_TYPE
from limbeck.serving.api.service import service_of

router = APIRouter(tags=["health"], responses=RESPONSES)


class Health(BaseModel):
    """All is well."""

    status: Literal["ok"] = "ok"


@router.get("/healthz")
async def is_alive() -> Health:
    """Tell that the process answers; needs no key."""
    return Health()


@router.get("/readyz")
async def is_ready(request: Request) -> Health:
    """Tell whether requests are taken; needs no key."""
    if not service_of(request).queue.is_open:
        raise stopping()
    return Health()


@router.get("/metrics", dependencies=[needs("admin")], response_class=Response)
async def metrics(request: Request) -> Response:
    """Show what was counted, for Prometheus."""
    return Response(service_of(request).metrics.text(), headers={"Content-Type": CONTENT_TYPE})
