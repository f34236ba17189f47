"""A recipe with its stages and store, as the commands that plan, run and explain need it."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from limbeck.core.errors import UsageError

if TYPE_CHECKING:
    from limbeck.core.runner import Listener, Runner
    from limbeck.core.stage import Stage
    from limbeck.recipe.recipe import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """Everything a run of one recipe needs."""

    recipe: "Recipe"
    stages: tuple["Stage", ...]
    store: Path

    def runner(self, listener: "Listener | None" = None) -> "Runner":
        """Make a runner over the store."""
        from limbeck.core.runner import Runner
        from limbeck.core.store import Store

        return Runner(Store(self.store), self.stages, listener)


def open_workshop(recipe: Path, *, until: str | None = None) -> Workshop:
    """Read a recipe and lay out its stages, up to and with `until`.

    Raises: RecipeError: with every problem. UsageError: no such stage.
    """
    from limbeck import pipeline
    from limbeck.recipe.load import load_recipe

    loaded = load_recipe(recipe)
    stages = pipeline.stages(loaded)
    return Workshop(recipe=loaded, stages=_up_to(stages, until), store=pipeline.store_root(loaded))


def _up_to(stages: Sequence["Stage"], until: str | None) -> tuple["Stage", ...]:
    names = [stage.name for stage in stages]
    if until is None:
        return tuple(stages)
    if until not in names:
        near = difflib.get_close_matches(until, names, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise UsageError(f"there is no stage {until!r}", fix=f"{hint}stages: {', '.join(names)}")
    return tuple(stages[: names.index(until) + 1])
