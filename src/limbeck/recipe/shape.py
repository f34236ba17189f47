"""From parsed TOML to a checked form, with pydantic's complaints put into our words."""

import difflib
import reprlib
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from limbeck.recipe.form import BudgetForm, CompressionForm, EvaluationForm, FusionForm, KnowledgeForm, RecipeForm
from limbeck.recipe.locate import KeyPath
from limbeck.recipe.problem import Problem

_SECTIONS: Mapping[str, type[BaseModel]] = {
    "budget": BudgetForm,
    "knowledge": KnowledgeForm,
    "fusion": FusionForm,
    "compression": CompressionForm,
    "evaluation": EvaluationForm,
}
_WANTED = {
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "float_type": "a number",
    "list_type": "a list",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "dict_type": "a table",
}
_EXAMPLES = {
    "name": 'name = "atlas"',
    "base": 'base = "tiny"',
    "knowledge": '[[knowledge]] with location = "facts.csv"',
    "location": 'location = "facts.csv"',
    "budget": 'budget = { disk = "25 MB" }',
    "disk": 'disk = "25 MB"',
    "memory": 'memory = "300 MB"',
    "latency": 'latency = "15 ms/token"',
    "engines": 'engines = ["openvino"]',
}


def shape(data: Mapping[str, Any]) -> tuple[RecipeForm | None, list[Problem]]:
    """Check keys and types; return the form, or every problem."""
    try:
        return RecipeForm.model_validate(data), []
    except ValidationError as error:
        return None, [_problem(complaint) for complaint in error.errors(include_url=False)]


def _problem(complaint: Mapping[str, Any]) -> Problem:
    path: KeyPath = complaint["loc"]
    kind, given = complaint["type"], reprlib.repr(complaint["input"])
    key = next((part for part in reversed(path) if isinstance(part, str)), "")
    if kind == "extra_forbidden":
        return Problem(what=f"unknown key {key!r}", path=path, fix=nearest(key, _known(path)))
    example = f"write {_EXAMPLES[key]}" if key in _EXAMPLES else None
    if kind == "missing":
        return Problem(what=f"{key!r} is missing", path=path, fix=example)
    if kind == "value_error":
        what, _, fix = str(complaint["ctx"]["error"]).partition("; ")
        return Problem(what=f"{key}: {what}", path=path, fix=fix or example)
    if kind in _WANTED:
        return Problem(what=f"{key!r} must be {_WANTED[kind]}, not {given}", path=path, fix=example)
    if kind in ("too_short", "string_too_short"):
        return Problem(what=f"{key!r} is empty", path=path, fix=example)
    return Problem(what=f"{key} = {given}: {complaint['msg'].lower()}", path=path)


def nearest(name: str, known: tuple[str, ...], more: str = "") -> str:
    """Say which known name was probably meant, or list them all."""
    near = difflib.get_close_matches(name, known, n=1)
    listed = f"known: {', '.join(known)}" if known else "none is known here"
    return f"did you mean {near[0]!r}?{more}" if near else f"{listed}{more}"


def _known(path: KeyPath) -> tuple[str, ...]:
    form = RecipeForm if len(path) == 1 else _SECTIONS[str(path[0])]
    return tuple(form.model_fields)
