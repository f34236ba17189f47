"""Refuse what an engine lacks, and say which engines have it."""

from collections.abc import Collection
from dataclasses import fields

from limbeck.core.errors import LimbeckError
from limbeck.engine.engine import ENGINES, Sampling


def refuse_lacking(engine: str, lacks: Collection[str], sampling: Sampling) -> None:
    """Refuse options that are not at their default and that an engine lacks.

    Raises: LimbeckError: with the options, the engine, and the engines that have them all.
    """
    asked = [
        field.name
        for field in fields(Sampling)
        if field.name in lacks and getattr(sampling, field.name) != field.default
    ]
    if asked:
        able = " or ".join(engines_with(asked)) or "none"
        raise LimbeckError(
            f"the {engine} engine lacks {', '.join(asked)}", fix=f"use an engine that has it: {able}; or leave it out"
        )


def engines_with(options: Collection[str]) -> tuple[str, ...]:
    """Return the engines that have every one of the options."""
    return tuple(name for name in ENGINES.names() if not set(options) & set(lacking(name)))


def lacking(engine: str) -> frozenset[str]:
    """Return the fields of `Sampling` that an engine lacks: all of them where it cannot be loaded here."""
    try:
        module = ENGINES.load(engine)
    except ImportError:
        return frozenset(field.name for field in fields(Sampling))
    lacks: frozenset[str] = getattr(module, "LACKS", frozenset())
    return lacks
