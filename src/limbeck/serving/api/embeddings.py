"""`/v1/embeddings`: texts to vectors, with the encoder that searches the bundle. N = texts, D = dimensions."""

import base64
from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from limbeck.knowledge.embedder import LONGEST, Embedder
from limbeck.knowledge.word_vectors import Vectors
from limbeck.serving.api.body import Body, Text
from limbeck.serving.api.failure import RESPONSES, ApiError, unsupported
from limbeck.serving.api.guard import needs
from limbeck.serving.api.limits import MAX_TEXTS
from limbeck.serving.api.service import Service, service_of

router = APIRouter(prefix="/v1", tags=["embeddings"], dependencies=[needs("chat")])


class EmbeddingBody(Body):
    """Texts to compare."""

    model: str
    input: Text | Annotated[list[Text], Field(min_length=1, max_length=MAX_TEXTS)]
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: int | None = None
    user: str | None = None


class Embedding(BaseModel):
    """The unit vector of one text, as numbers, or as the base64 of little-endian float32."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class EmbeddingUsage(BaseModel):
    """Tokens read."""

    prompt_tokens: int
    total_tokens: int


class Embeddings(BaseModel):
    """A vector for each text, in its order."""

    object: Literal["list"] = "list"
    model: str
    data: list[Embedding]
    usage: EmbeddingUsage


@router.post("/embeddings", responses=RESPONSES)
async def embed(body: EmbeddingBody, request: Request) -> Embeddings:
    """Return the vectors of some texts."""
    service = service_of(request)
    encoder = service.embedder
    if encoder is None:
        raise ApiError(404, "this bundle has no encoder", code="model_not_found", param="model")
    service.check_model(body.model, service.encoder_name)
    texts = [body.input] if isinstance(body.input, str) else body.input
    return await service.run(request, lambda: _embed(service, encoder, body, texts))


def _embed(service: Service, encoder: Embedder, body: EmbeddingBody, texts: list[str]) -> Embeddings:
    tokens_N = encoder.tokens(texts)
    for number, tokens in enumerate(tokens_N):
        if len(tokens) > LONGEST:
            what = f"text {number} takes {len(tokens)} tokens; the encoder reads {LONGEST}"
            raise ApiError(400, what, code="context_length_exceeded", param="input")
    vectors_ND = encoder.vectors(texts)
    if body.dimensions not in (None, vectors_ND.shape[1]):
        raise unsupported("dimensions", f"the encoder's vectors have {vectors_ND.shape[1]}")
    num_read = sum(map(len, tokens_N))
    service.metrics.count_tokens(num_read=num_read, num_written=0)
    written = [_written(vector_D, body.encoding_format) for vector_D in vectors_ND]
    return Embeddings(
        model=service.encoder_name,
        data=[Embedding(index=number, embedding=vector) for number, vector in enumerate(written)],
        usage=EmbeddingUsage(prompt_tokens=num_read, total_tokens=num_read),
    )


def _written(vector_D: Vectors, encoding: str | None) -> list[float] | str:
    if encoding == "base64":
        return base64.b64encode(vector_D.astype(np.dtype("<f4")).tobytes()).decode("ascii")
    return [float(number) for number in vector_D]
