"""What changed since a stage last ran, in plain words."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from limbeck.core.artifact import Artifact
from limbeck.core.disk import JSON

Leaves: TypeAlias = dict[tuple[str, str], JSON]

# Told first is what a person most likely did.
_ORDER = ("version", "params", "files", "inputs", "environment", "modules", "schema")
_NOUNS = {"files": "file", "inputs": "input", "modules": "module"}
_LONGEST = 60


def changes_since(previous: Sequence[Artifact], parts: Mapping[str, JSON]) -> tuple[str, ...] | None:
    """Tell how `parts` differ from the nearest earlier artifact, or None where there is none.

    previous: newest first; of equally near ones the newest is taken. Parts not yet known are left out.
    """
    lists = [differences(artifact.parts, parts) for artifact in previous]
    return min(lists, key=len, default=None)


def differences(before: Mapping[str, JSON], after: Mapping[str, JSON]) -> tuple[str, ...]:
    """Tell each difference in words, the most telling first."""
    old, new = _leaves(before), _leaves(after)
    names = {name for name in old.keys() | new.keys() if name[0] in after and old.get(name, ...) != new.get(name, ...)}
    ordered = sorted(names, key=lambda name: (_ORDER.index(name[0]), name[1]))
    return tuple(_sentence(name, old, new) for name in ordered)


def in_short(changes: Sequence[str]) -> str:
    """Write the first change, and how many more there are."""
    more = f" (and {len(changes) - 1} more)" if len(changes) > 1 else ""
    return f"{changes[0]}{more}"


def _sentence(name: tuple[str, str], old: Leaves, new: Leaves) -> str:
    group, leaf = name
    if group in _NOUNS:
        verb = "added" if name not in old else "removed" if name not in new else "changed"
        return f"{_NOUNS[group]} {leaf} {verb}"
    title = f"{group}.{leaf}" if leaf else group
    if name not in old:
        return f"{title} added: {_written(new[name])}"
    if name not in new:
        return f"{title} removed, was {_written(old[name])}"
    return f"{title} {_written(old[name])} -> {_written(new[name])}"


def _written(value: JSON) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _leaves(parts: Mapping[str, JSON]) -> Leaves:
    return {(group, leaf): value for group in parts for leaf, value in _walk(parts[group], group)}


def _walk(value: JSON, group: str, trail: str = "") -> Iterator[tuple[str, JSON]]:
    if not isinstance(value, Mapping) or (trail and not value):
        yield trail, value
        return
    joint = "/" if group == "inputs" else "."
    for name, inner in value.items():
        yield from _walk(inner, group, f"{trail}{joint}{name}" if trail else name)
