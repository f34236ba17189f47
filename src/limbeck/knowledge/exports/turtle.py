"""Turtle: the triples of N-Triples, grouped by what they speak of, for people and triple stores."""

from collections.abc import Iterator
from itertools import groupby

from limbeck.knowledge.fact_rows import FactTable
from limbeck.knowledge.fact_triples import PREFIXES, TYPE, Name, Text, triples_of
from limbeck.knowledge.turtle_text import quoted

ENDINGS = (".ttl",)


def write(table: FactTable) -> Iterator[str]:
    """Yield the prefixes, then a paragraph for each run of triples of one thing. Source: https://www.w3.org/TR/turtle/."""
    for prefix, address in PREFIXES.items():
        yield f"@prefix {prefix}: <{address}> .\n"
    for thing, triples in groupby(triples_of(table), key=lambda triple: triple[0]):
        lines = [f"{'a' if verb == TYPE else _term(verb)} {_term(value)}" for _, verb, value in triples]
        said = " ;\n    ".join(lines)
        yield f"\n{_term(thing)} {said} .\n"


def _term(part: Name | Text) -> str:
    return f"{part.prefix}:{part.local}" if isinstance(part, Name) else quoted(part, _term)
