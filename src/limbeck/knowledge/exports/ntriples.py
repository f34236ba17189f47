"""N-Triples: one RDF triple a line, for triple stores."""

from collections.abc import Iterator

from limbeck.knowledge.fact_rows import FactTable
from limbeck.knowledge.fact_triples import PREFIXES, Name, Text, triples_of
from limbeck.knowledge.turtle_text import quoted

ENDINGS = (".nt",)


def write(table: FactTable) -> Iterator[str]:
    """Yield the lines. Source: https://www.w3.org/TR/n-triples/."""
    for parts in triples_of(table):
        yield f"{' '.join(_term(part) for part in parts)} .\n"


def _term(part: Name | Text) -> str:
    if isinstance(part, Name):
        return f"<{PREFIXES[part.prefix]}{part.local}>"
    return quoted(part, _term)
