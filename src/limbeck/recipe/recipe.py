"""What the user wants, checked and frozen: the only thing the pipeline is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from limbeck.core.budget import Budget

Option = str | int | float | bool | tuple["Option", ...]
"""A value a component's option may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseSpec:
    """The language model to start from; `name` is as written: a preset, a shipped checkpoint, a folder or a hub id."""

    kind: Literal["preset", "shipped", "folder", "hub"]
    name: str
    folder: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeSpec:
    """One source of knowledge; `location` is absolute, `written` is how the recipe names it.

    scope: whose knowledge it is; empty for everyone's.
    options: as written, with the paths of files made absolute.
    files: the location and every file that the options name, absolute.
    """

    kind: str
    location: Path
    written: str
    options: Mapping[str, Option] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    scope: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FusionSpec:
    """How model and knowledge are joined."""

    method: str = "reference"
    options: Mapping[str, Option] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompressionSpec:
    """How the assistant is made to fit; empty options leave every choice to the budget."""

    options: Mapping[str, Option] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationSpec:
    """The questions the finished bundle is scored on, and the shares (0 to 1) it must reach."""

    questions: Path | None = None
    accuracy: float | None = None
    citation_accuracy: float | None = None
    refusal_precision: float | None = None
    refusal_recall: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A whole run; `path` is the file it was read from and `folder` where that file lies, both absolute."""

    name: str
    base: BaseSpec
    budget: Budget
    engines: tuple[str, ...] = ("openvino",)
    knowledge: tuple[KnowledgeSpec, ...]
    fusion: FusionSpec = field(default_factory=FusionSpec)
    compression: CompressionSpec = field(default_factory=CompressionSpec)
    evaluation: EvaluationSpec = field(default_factory=EvaluationSpec)
    seed: int = 0
    folder: Path
    path: Path
