"""SPARQL over the facts of a knowledge base, held in memory as RDF; needs the `rdf` extra and no network."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from limbeck.core.errors import KnowledgeError
from limbeck.knowledge.exports import ntriples
from limbeck.knowledge.fact_rows import FactTable
from limbeck.knowledge.fact_triples import PREFIXES

_REACHES_OUT = ("ServiceGraphPattern", "DatasetClause")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The rows a query found, values as texts, under the names it asked for."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def ask(table: FactTable, query: str) -> Answers:
    """Answer a SELECT or ASK query; the prefixes of our Turtle are known to it. Rows without an order are sorted.

    Raises: KnowledgeError: not such a query, or one that would reach out to another place.
            ModuleNotFoundError: the extra is not installed.
    """
    from rdflib import Graph
    from rdflib.plugins.sparql import prepareQuery

    try:
        prepared = prepareQuery(query, initNs=PREFIXES)
    except Exception as error:
        what = f"this is no SPARQL query: {str(error).splitlines()[0]}"
        raise KnowledgeError(what, fix="`limbeck kb query FILE PATH` takes a plain path without --sparql") from error
    names = {getattr(part, "name", "") for part in _parts(prepared.algebra)}
    if names & set(_REACHES_OUT):
        raise KnowledgeError("SERVICE and FROM reach out of this file", fix="leave them out")
    if not names & {"SelectQuery", "AskQuery"}:
        raise KnowledgeError("only SELECT and ASK are answered", fix="`limbeck kb export` writes the triples")
    graph = Graph()
    graph.parse(data="".join(ntriples.write(table)), format="nt")
    found = graph.query(prepared)
    if found.type == "ASK":
        return Answers(names=("answer",), rows=(("yes" if found.askAnswer else "no",),))
    asked = found.vars or []
    rows = [tuple(str(row.get(name, "")) for name in asked) for row in found.bindings]
    return Answers(names=tuple(map(str, asked)), rows=tuple(rows if "OrderBy" in names else sorted(rows)))


def _parts(algebra: Any) -> Iterator[Any]:
    """Yield every node of a query's algebra."""
    if isinstance(algebra, dict):
        yield algebra
        for value in algebra.values():
            yield from _parts(value)
    elif isinstance(algebra, list | tuple | set):
        for value in algebra:
            yield from _parts(value)
