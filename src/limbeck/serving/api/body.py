"""What the bodies of requests have in common: strict types, no numbers that are none, nothing unknown."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from limbeck.serving.api.failure import unsupported
from limbeck.serving.api.limits import MAX_STOPS

Text = Annotated[str, Field(min_length=1)]
MOST_SEED = 2**53
MOST_TOKENS = 2**20
_LACKED = dict.fromkeys(("presence_penalty", "frequency_penalty", "logit_bias"), "no engine here has it")


class Body(BaseModel):
    """A body that is taken at its word."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class Schema(Body):
    """A JSON schema, by name."""

    model_config = ConfigDict(strict=True, extra="forbid", protected_namespaces=())

    name: str
    description: str | None = None
    schema_: dict[str, object] | None = Field(default=None, alias="schema")
    strict: bool | None = None


class ResponseFormat(Body):
    """Text, any JSON object, or JSON that fits a schema."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: Schema | None = None


class StreamOptions(Body):
    """What a stream tells beside the text."""

    include_usage: bool = False
    include_obfuscation: bool = False


class Drawn(Body):
    """How an answer is picked and where it ends; the defaults are greedy and deterministic."""

    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    seed: Annotated[int, Field(ge=-MOST_SEED, le=MOST_SEED)] | None = None
    stop: Text | Annotated[list[Text], Field(max_length=MAX_STOPS)] | None = None
    max_tokens: Annotated[int, Field(ge=1, le=MOST_TOKENS)] | None = None
    response_format: ResponseFormat | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logit_bias: dict[str, float] | None = None
    user: str | None = None

    @property
    def stops(self) -> tuple[str, ...]:
        """Return the texts that end the answer."""
        return (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())

    @property
    def includes_usage(self) -> bool:
        """Tell whether a stream ends with what it took."""
        return self.stream_options is not None and self.stream_options.include_usage


class Usage(BaseModel):
    """Tokens the model read, and tokens of the text that came back."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


def usage(num_read: int, num_written: int) -> Usage:
    """Return what an answer took."""
    return Usage(prompt_tokens=num_read, completion_tokens=num_written, total_tokens=num_read + num_written)


def refuse_what_is_lacking(body: Drawn, lacked: Mapping[str, str]) -> None:
    """Refuse options that every route of text lacks, and those `lacked` by one, unless they change nothing.

    Raises: ApiError: the first of them.
    """
    if body.n not in (None, 1):
        raise unsupported("n", "one answer at a time")
    _refuse(body, _LACKED)
    if body.stream_options is not None and not body.stream:
        raise unsupported("stream_options", "only together with stream")
    _refuse(body, lacked)


def _refuse(body: Drawn, lacked: Mapping[str, str]) -> None:
    for name, why in lacked.items():
        if getattr(body, name):
            raise unsupported(name, why)
