"""Limbeck: a model, your knowledge and a budget in; a small cited assistant out."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from limbeck.bundle.assistant import Assistant, open_bundle
    from limbeck.bundle.reply import Reply
    from limbeck.bundle.turn import Turn
    from limbeck.core.budget import Budget
    from limbeck.core.errors import LimbeckError
    from limbeck.fusion.answer import Answer
    from limbeck.knowledge.base import KnowledgeBase
    from limbeck.knowledge.evidence import Citation, Evidence
    from limbeck.recipe.load import load_recipe
    from limbeck.recipe.recipe import Recipe

__all__ = [
    "Answer",
    "Assistant",
    "Budget",
    "Citation",
    "Evidence",
    "KnowledgeBase",
    "LimbeckError",
    "Recipe",
    "Reply",
    "Turn",
    "load_recipe",
    "open_bundle",
]

# resolved when asked for: `import limbeck` alone must load nothing heavy
_HOMES = {
    "Answer": "fusion.answer",
    "Assistant": "bundle.assistant",
    "Budget": "core.budget",
    "Citation": "knowledge.evidence",
    "Evidence": "knowledge.evidence",
    "KnowledgeBase": "knowledge.base",
    "LimbeckError": "core.errors",
    "Recipe": "recipe.recipe",
    "Reply": "bundle.reply",
    "Turn": "bundle.turn",
    "load_recipe": "recipe.load",
    "open_bundle": "bundle.assistant",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'limbeck' has no attribute {name!r}")
    return getattr(import_module(f"limbeck.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
