"""Everything that is wrong with a recipe, gathered so that it is told in one go."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from limbeck.core.errors import RecipeError
from limbeck.recipe.locate import KeyPath, line_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to put right, at a key of the recipe."""

    what: str
    path: KeyPath = ()
    fix: str | None = None


@final
class RecipeProblems(RecipeError):
    """Several problems at once; each is a complete error of its own."""

    def __init__(self, problems: Sequence[RecipeError], *, file: str) -> None:
        told = "\n".join(f"- {problem}" for problem in problems)
        super().__init__(f"{len(problems)} problems in {file}\n{told}")
        self.problems = tuple(problems)


def error_from(problems: Sequence[Problem], *, file: str, lines: dict[KeyPath, int]) -> RecipeError:
    """Make one error of all problems, in the order of the file."""
    ordered = sorted(problems, key=lambda problem: line_of(lines, problem.path) or 0)
    errors = [
        RecipeError(problem.what, where=_where(problem, file, lines), fix=problem.fix)
        for problem in dict.fromkeys(ordered)
    ]
    return errors[0] if len(errors) == 1 else RecipeProblems(errors, file=file)


def _where(problem: Problem, file: str, lines: dict[KeyPath, int]) -> str:
    line = line_of(lines, problem.path)
    place = file if line is None else f"{file}:{line}"
    keys = ".".join(key for key in problem.path if isinstance(key, str))
    return f"{place} {keys}".rstrip()
