"""The grammar of a path through the facts: `Chad -> neighbours -> capital`, `Paris <- capital`.

path = start step {step}
step = ("->" | "→" | "<-" | "←") property
start, property = words, or anything between double quotes
"""

import re
from dataclasses import dataclass

from limbeck.core.errors import KnowledgeError

MOST_STEPS = 16
_FORWARDS, _BACKWARDS = ("->", "→"), ("<-", "←")
_PART = re.compile(r'"[^"]*"|->|→|<-|←|[^"]+?(?=->|→|<-|←|"|$)')
_FIX = "write a subject and properties, as in: Chad -> neighbours -> capital; or backwards: Paris <- capital"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One property along a path: from a subject to its values, or backwards to the subjects that have a value."""

    property: str
    is_inverse: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """Where a path starts and the steps it takes, names as they were written."""

    start: str
    steps: tuple[Step, ...]


def read_path(text: str) -> Path:
    """Read a path.

    Raises: KnowledgeError: a name or an arrow is missing, a quote is open, or there are too many steps.
    """
    if text.count('"') % 2:
        raise KnowledgeError("a double quote is open", where=text, fix="close it, or leave it out")
    names, arrows = _parts(text)
    if not names[0]:
        raise KnowledgeError("the path has no start", where=text, fix=_FIX)
    if not arrows:
        raise KnowledgeError("the path has no step", where=text, fix=_FIX)
    if "" in names:
        raise KnowledgeError(f"a property is missing after {arrows[names.index('') - 1]!r}", where=text, fix=_FIX)
    if len(arrows) > MOST_STEPS:
        raise KnowledgeError(f"the path has {len(arrows)} steps", where=text, fix=f"take at most {MOST_STEPS}")
    steps = [Step(property=name, is_inverse=arrow in _BACKWARDS) for name, arrow in zip(names[1:], arrows, strict=True)]
    return Path(start=names[0], steps=tuple(steps))


def _parts(text: str) -> tuple[list[str], list[str]]:
    """Return the names and the arrows between them; a name that is missing is empty."""
    names, arrows = [""], []
    for part in _PART.findall(text):
        if part in (*_FORWARDS, *_BACKWARDS):
            arrows.append(part)
            names.append("")
        elif part.startswith('"'):
            names[-1] += part[1:-1].strip()
        else:
            names[-1] += part.strip()
    return names, arrows
