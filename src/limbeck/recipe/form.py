"""The shape of limbeck.toml: which keys there are and what each may hold."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from limbeck.core.units import parse_latency_ms, parse_size_bytes


def _size(given: object) -> int:
    if not isinstance(given, str):
        raise ValueError(f"{given!r} has no unit; write one such as '25 MB'")
    return parse_size_bytes(given)


def _latency(given: object) -> float:
    if not isinstance(given, str):
        raise ValueError(f"{given!r} has no unit; write one such as '15 ms/token'")
    return parse_latency_ms(given)


def _name(text: str) -> str:
    if not text or text[0] in ".-" or not all(letter.isalnum() or letter in "._-" for letter in text) or len(text) > 64:
        raise ValueError(f"{text!r} cannot name a folder; use letters, digits, '-', '_' and '.', at most 64")
    return text


Size = Annotated[int, BeforeValidator(_size)]
Latency = Annotated[float, BeforeValidator(_latency)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Form(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _OpenForm(BaseModel):
    """Keys beyond those listed are options of the component, checked against it."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True)


class BudgetForm(_Form):
    """`[budget]`: sizes and times as people write them."""

    disk: Size | None = None
    memory: Size | None = None
    latency: Latency | None = None


class KnowledgeForm(_OpenForm):
    """`[[knowledge]]`: one source."""

    kind: str | None = None
    location: Annotated[str, Field(min_length=1)]
    scope: str = ""


class FusionForm(_OpenForm):
    """`[fusion]`: the method and its options."""

    method: str = "reference"


class CompressionForm(_OpenForm):
    """`[compression]`: options only."""


class EvaluationForm(_Form):
    """`[evaluation]`: the questions and the least shares to reach."""

    questions: str | None = None
    accuracy: Share | None = None
    citation_accuracy: Share | None = None
    refusal_precision: Share | None = None
    refusal_recall: Share | None = None


class RecipeForm(_Form):
    """A whole limbeck.toml."""

    name: Annotated[str, AfterValidator(_name)]
    base: Annotated[str, Field(min_length=1)]
    budget: BudgetForm = BudgetForm()
    engines: Annotated[list[str], Field(min_length=1)] = ["openvino"]
    seed: Annotated[int, Field(ge=0)] = 0
    knowledge: Annotated[list[KnowledgeForm], Field(min_length=1)]
    fusion: FusionForm = FusionForm()
    compression: CompressionForm = CompressionForm()
    evaluation: EvaluationForm = EvaluationForm()
