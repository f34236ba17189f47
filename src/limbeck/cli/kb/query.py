"""Follow an exact path through the facts, with the rows that prove it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from limbeck.cli.console import emit, json_option, paint, say
from limbeck.cli.parameters import knowledge_argument, scope_option

if TYPE_CHECKING:
    from limbeck.knowledge.query import Finding, Findings, Hop


@click.command("query")
@knowledge_argument
@click.argument("path")
@click.option("--sparql", is_flag=True, help="PATH is a SPARQL query instead; needs limbeck[rdf].")
@scope_option
@json_option
def command(base: Path, path: str, sparql: bool, scope: str, as_json: bool) -> None:
    """Follow an exact path through the facts, with the rows that prove it.

    PATH is a subject and properties: 'Chad -> neighbours -> capital'. An arrow backwards goes from a value to the
    subjects that have it: 'Paris <- capital', 'Chad <- neighbours -> capital'. Names in either language and other names
    are understood; → and ← do too; a name that holds an arrow stands between double quotes.
    """
    from limbeck.bundle.editing import reading

    if sparql:
        _sparql(base, path, scope, as_json=as_json)
        return
    from limbeck.corpus.language import language_of

    with reading(base, scope=scope) as knowledge:
        found = knowledge.query(path)
    if as_json:
        ends = [{"en": end.en, "zh": end.zh} for end in found.ends]
        emit({"path": path, "values": [_finding_json(value) for value in found.values], "ends": ends})
        return
    _say_findings(found, language_of(path))


def _say_findings(found: "Findings", language: str) -> None:
    from limbeck.cli.answer import place

    for finding in found.values:
        say(paint(finding.value.get(language), "bold"))
        for hop in finding.hops:
            rows = ", ".join(place(citation) for citation in hop.citations)
            say(f"    {_hop_text(hop, language)}  {paint(rows, 'dim')}")
    if not found.values:
        say("nothing found")
    if found.ends:
        names = ", ".join(repr(end.get(language)) for end in found.ends[:5])
        say(paint(f"no subject, so the path ends there: {names}{', …' if len(found.ends) > 5 else ''}", "dim"))


def _hop_text(hop: "Hop", language: str) -> str:
    subject, known, value = (label.get(language) for label in (hop.subject, hop.property, hop.value))
    return f"{value} <- {known} <- {subject}" if hop.is_inverse else f"{subject} -> {known} -> {value}"


def _finding_json(finding: "Finding") -> dict[str, Any]:
    from dataclasses import asdict

    from limbeck.cli.answer import citation_json

    hops = [{**asdict(hop), "citations": [citation_json(each) for each in hop.citations]} for hop in finding.hops]
    return {"value": asdict(finding.value), "hops": hops}


def _sparql(base: Path, query: str, scope: str, *, as_json: bool) -> None:
    from limbeck.bundle.editing import reading
    from limbeck.cli.console import table
    from limbeck.knowledge.sparql import ask

    with reading(base, scope=scope) as knowledge:
        found = ask(knowledge.facts(), query)
    if as_json:
        emit({"query": query, "names": list(found.names), "rows": [list(row) for row in found.rows]})
        return
    say(table(found.rows, header=found.names) if found.rows else "nothing found")
