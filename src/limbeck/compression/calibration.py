"""The prompts a compressed model is judged on: token ids that end where the answer's next token is due."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from limbeck.core.errors import LimbeckError

Prompt = tuple[int, ...]

_Item = TypeVar("_Item")

_FIX = "run the fusion stage again: limbeck run"


def read_prompts(path: Path) -> tuple[Prompt, ...]:
    """Read `calibration.jsonl`, one JSON list of token ids a line.

    Raises: LimbeckError: the file is missing or a line is not such a list, with its number.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LimbeckError(f"the calibration prompts cannot be read: {error}", where=str(path), fix=_FIX) from error
    return tuple(_read_line(line, f"{path}:{number}") for number, line in enumerate(lines, start=1) if line.strip())


def check_prompts(prompts: Sequence[Sequence[int]], *, vocab_size: int) -> tuple[Prompt, ...]:
    """Return the prompts as tuples.

    Raises: LimbeckError: no prompts, an empty one, or a token the model does not have.
    """
    if not prompts:
        raise LimbeckError("there are no calibration prompts to judge a compressed model on", fix=_FIX)
    for number, prompt in enumerate(prompts, start=1):
        where = f"calibration prompt {number}"
        if not prompt:
            raise LimbeckError("a calibration prompt is empty", where=where, fix=_FIX)
        strangers = [token for token in prompt if not 0 <= token < vocab_size]
        if strangers:
            raise LimbeckError(f"token {strangers[0]} is not one of the model's {vocab_size}", where=where, fix=_FIX)
    return tuple(tuple(prompt) for prompt in prompts)


def spread(items: Sequence[_Item], most: int) -> tuple[_Item, ...]:
    """Return at most `most` items, evenly spaced over all of them."""
    if len(items) <= most:
        return tuple(items)
    return tuple(items[index * len(items) // most] for index in range(most))


def _read_line(line: str, where: str) -> Prompt:
    try:
        tokens = json.loads(line)
    except ValueError as error:
        raise LimbeckError(f"not JSON: {error}", where=where, fix=_FIX) from error
    if not isinstance(tokens, list) or not all(type(token) is int for token in tokens):
        raise LimbeckError("not a list of token ids", where=where, fix=_FIX)
    return tuple(tokens)
