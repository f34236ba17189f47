"""Read a budget from one line: `disk=20MB,memory=300MB,latency=15ms`."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import final

from limbeck.core.budget import Budget
from limbeck.core.errors import UsageError
from limbeck.core.units import parse_latency_ms, parse_size_bytes

EXAMPLE = "disk=20MB,memory=300MB,latency=15ms"
"""How a budget is written."""

_READERS: Mapping[str, Callable[[str], float]] = {
    "disk": parse_size_bytes,
    "memory": parse_size_bytes,
    "latency": parse_latency_ms,
}
_OTHER_WORDS = {
    "size": "disk", "file": "disk", "bytes": "disk", "storage": "disk", "ram": "memory", "rss": "memory",
    "speed": "latency", "time": "latency", "ms": "latency",
}  # fmt: skip


@final
class BudgetProblems(UsageError):
    """Several things wrong with a budget; each is a complete error of its own."""

    def __init__(self, problems: Sequence[UsageError], *, where: str) -> None:
        told = "\n".join(f"- {problem}" for problem in problems)
        super().__init__(f"{len(problems)} problems in the budget\n{told}", where=where)
        self.problems = tuple(problems)


def parse_budget(text: str, *, where: str = "--budget") -> Budget:
    """Read `key=amount` parts, also as a recipe has them, `disk = "20 MB"`; what is left out has no limit.

    Raises: UsageError: nothing is limited, or a key is unknown, given twice, or has no amount of its unit above
    zero; all problems at once.
    """
    found: dict[str, float] = {}
    problems: list[UsageError] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        written, _, amount = (piece.strip(" \t\"'") for piece in part.partition("="))
        key = written.lower()
        if key not in _READERS:
            problems.append(_unknown(written, where))
        elif key in found:
            problems.append(UsageError(f"{key} is given twice", where=where, fix=f"keep one {key}=…"))
        else:
            found[key] = _amount(key, amount, where, problems)
    if not found and not problems:
        problems.append(UsageError("the budget limits nothing", where=where, fix=f"write one such as {EXAMPLE}"))
    if problems:
        raise problems[0] if len(problems) == 1 else BudgetProblems(problems, where=where)
    sizes = {f"{key}_bytes": int(found[key]) for key in ("disk", "memory") if key in found}
    return Budget(**sizes, latency_ms=found.get("latency"))


def _amount(key: str, written: str, where: str, problems: list[UsageError]) -> float:
    try:
        return _READERS[key](written)
    except ValueError as error:
        fix = f"write {next(part for part in EXAMPLE.split(',') if part.startswith(key))}, or leave {key} out"
        problems.append(UsageError(f"{key}: {error}", where=where, fix=fix))
        return 0.0


def _unknown(written: str, where: str) -> UsageError:
    key = written.lower()
    near = difflib.get_close_matches(key, _READERS, n=1)
    meant = _OTHER_WORDS.get(key) or (near[0] if near else None)
    fix = f"did you mean {meant!r}?" if meant else f"a budget has {', '.join(_READERS)}: {EXAMPLE}"
    return UsageError(f"a budget has no {written!r}", where=where, fix=fix)
