"""`/v1/models`: the bundle as a model, and its encoder as another."""

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel

from limbeck.serving.api.failure import RESPONSES, ApiError
from limbeck.serving.api.guard import needs
from limbeck.serving.api.service import Service, service_of

router = APIRouter(prefix="/v1", tags=["models"], dependencies=[needs("read")])


class Model(BaseModel):
    """One model; `created` is when the server opened it."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: Literal["limbeck"] = "limbeck"


class Models(BaseModel):
    """Every model of this server."""

    object: Literal["list"] = "list"
    data: list[Model]


@router.get("/models", responses=RESPONSES)
async def list_models(request: Request) -> Models:
    """Name the models of this server."""
    return Models(data=_models(service_of(request)))


@router.get("/models/{model:path}", responses=RESPONSES)
async def show_model(model: str, request: Request) -> Model:
    """Show one model."""
    for known in _models(service_of(request)):
        if known.id == model:
            return known
    raise ApiError(404, f"there is no model {model!r} here", code="model_not_found", param="model")


def _models(service: Service) -> list[Model]:
    names = [service.name, *([service.encoder_name] if service.embedder else [])]
    return [Model(id=name, created=service.started) for name in names]
