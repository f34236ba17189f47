"""The JSON schema that a request asks for, and the sampling it draws with."""

import json

from limbeck.engine.engine import Sampling
from limbeck.engine.json_schema import schema_problems
from limbeck.serving.api.body import MOST_SEED, Drawn, ResponseFormat
from limbeck.serving.api.failure import ApiError, unsupported

_MOST_CHARS = 20_000
_ANSWER = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}


def schema_of(body: Drawn) -> dict[str, object] | None:
    """Return the schema an answer is to fit, None for plain text; any JSON object is one with the answer in it.

    Raises: ApiError: the schema is missing, too long, or says what is not known here; or a stop text is given too.
    """
    schema = _schema(body.response_format)
    if schema is not None and body.stops:
        raise unsupported("stop", "not together with JSON, which ends where it is complete")
    return schema


def _schema(asked: ResponseFormat | None) -> dict[str, object] | None:
    if asked is None or asked.type == "text":
        return None
    if asked.type == "json_object":
        return dict(_ANSWER)
    schema = asked.json_schema.schema_ if asked.json_schema else None
    if schema is None:
        raise _bad("response_format.json_schema.schema is missing")
    try:
        text = json.dumps(schema)
    except RecursionError:
        raise _bad("the schema is nested too deep") from None
    if len(text) > _MOST_CHARS:
        raise _bad(f"the schema takes {len(text)} characters; at most {_MOST_CHARS} are read")
    if problems := schema_problems(text):
        raise _bad("; ".join(problems[:3]))
    return schema


def sampling_of(body: Drawn, *, max_tokens: int = 1, stop_texts: tuple[str, ...] = ()) -> Sampling:
    """Return how a request wants its tokens picked: greedily, unless it gives a temperature.

    Raises: LimbeckError: values that cannot be used.
    """
    return Sampling(
        max_tokens=max_tokens,
        temperature=body.temperature or 0.0,
        top_p=body.top_p,
        seed=(body.seed or 0) % MOST_SEED,
        stop_texts=stop_texts,
    )


def _bad(what: str) -> ApiError:
    return ApiError(400, what, code="invalid_schema", param="response_format")
