"""Every failure in the shape of OpenAI's errors, with the status that its clients expect."""

from collections.abc import Mapping, Sequence
from typing import Any, final

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from limbeck.core.errors import BundleError, LimbeckError, MachineError

_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "request_too_large", 415: "unsupported_media_type"}
_LONGEST = 300


class ErrorFields(BaseModel):
    """What went wrong: `code` for programs, `param` the part of the request it is about."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorBody(BaseModel):
    """The body of every answer that is an error."""

    error: ErrorFields


RESPONSES: dict[int | str, dict[str, Any]] = {"4XX": {"model": ErrorBody}, "5XX": {"model": ErrorBody}}
"""What every route says of its errors in the OpenAPI document."""


@final
class ApiError(Exception):
    """A request that is not served, and why."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        kind = _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
        self.fields = ErrorFields(message=message, type=kind, param=param, code=code or _CODES.get(status))

    def response(self) -> Response:
        """Return it as an answer."""
        body = ErrorBody(error=self.fields).model_dump()
        return JSONResponse(body, status_code=self.status, headers=self.headers)


def full() -> ApiError:
    """Return the error for one request too many."""
    what = "too many requests wait already; try again in a moment"
    return ApiError(429, what, code="queue_full", headers={"Retry-After": "1"})


def stopping() -> ApiError:
    """Return the error for a server that is about to end."""
    return ApiError(503, "the server stops", code="stopping", headers={"Retry-After": "5"})


def deadline_passed() -> ApiError:
    """Return the error for an answer that took too long."""
    return ApiError(504, "the answer took longer than this server allows", code="deadline_exceeded")


def unsupported(param: str, why: str) -> ApiError:
    """Return the error for an option that cannot be honoured."""
    return ApiError(400, f"{param}: {why}", code="unsupported_parameter", param=param)


def as_api_error(error: Exception) -> ApiError | None:
    """Put an error in OpenAI's words, or return None where it is our bug."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, RequestValidationError):
        return _invalid(error.errors())
    if isinstance(error, HTTPException):
        if error.status_code == 400:
            return ApiError(400, "the body is not JSON in UTF-8, or nested too deep", code="invalid_json")
        return ApiError(error.status_code, str(error.detail).rstrip(".").lower(), headers=error.headers)
    if isinstance(error, LimbeckError):
        return _known(error)
    return None


async def answer_error(request: Request, error: Exception) -> Response:
    """Answer a known failure."""
    known = as_api_error(error)
    assert known is not None, error
    return known.response()


def _known(error: LimbeckError) -> ApiError:
    message = f"{error.what}; {error.fix}" if error.fix else error.what
    if isinstance(error, BundleError):
        return ApiError(409, message, code="bundle_altered")
    if isinstance(error, MachineError):
        return ApiError(503, message, code="machine")
    return ApiError(400, message, code="invalid_value")


def _invalid(problems: Sequence[Any]) -> ApiError:
    """Tell the first problems of a body; what was sent is not repeated."""
    if any(problem["type"] == "json_invalid" for problem in problems):
        return ApiError(400, f"the body is not JSON: {problems[0]['ctx']['error']}", code="invalid_json")
    told = [f"{_place(problem)}: {problem['msg']}" if _place(problem) else problem["msg"] for problem in problems]
    param = _place(problems[0]) or None
    return ApiError(400, "; ".join(told)[:_LONGEST], code="invalid_value", param=param)


def _place(problem: Mapping[str, Any]) -> str:
    return ".".join(str(part) for part in problem["loc"][1:])
