import pytest

from limbeck.core.errors import KnowledgeError
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.sparql import ask


def test_a_query_finds_what_a_path_finds(base: KnowledgeBase) -> None:
    query = """SELECT ?zh WHERE { subject:Chad property:neighbours/property:capital ?zh . FILTER (lang(?zh) = "zh") }"""
    found = ask(base.facts(), query)
    assert found.names == ("zh",)
    assert [row[0] for row in found.rows] == sorted(
        each.value.zh for each in base.query("Chad -> neighbours -> capital").values
    )


def test_a_query_may_ask_for_rows_in_an_order(base: KnowledgeBase) -> None:
    query = """SELECT ?n (COUNT(?f) AS ?facts) WHERE { ?f a limbeck:Fact ; prov:wasDerivedFrom/limbeck:number ?n }
        GROUP BY ?n ORDER BY DESC(?n)"""
    assert [row[0] for row in ask(base.facts(), query).rows] == ["5", "4", "3", "2", "1"]
    assert ask(base.facts(), "ASK { subject:Chad property:capital ?x }").rows == (("yes",),)
    assert ask(base.facts(), "ASK { subject:Peru property:capital ?x }").rows == (("no",),)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELEC ?x", "no SPARQL query"),
        ("SELECT ?x WHERE { ?x nobody:knows ?y }", "no SPARQL query"),
        ("SELECT ?x WHERE { SERVICE <http://example.org/> { ?x ?y ?z } }", "reach out"),
        ("SELECT ?x WHERE { { SELECT ?x { SERVICE SILENT <http://example.org/> { ?x ?y ?z } } } }", "reach out"),
        ("SELECT ?x WHERE { FILTER EXISTS { SERVICE <http://example.org/> { ?x ?y ?z } } }", "reach out"),
        ("SELECT ?x FROM <http://example.org/x> WHERE { ?x ?y ?z }", "reach out"),
        ("CONSTRUCT { ?x ?y ?z } WHERE { ?x ?y ?z }", "only SELECT and ASK"),
        ("INSERT DATA { <urn:a> <urn:b> <urn:c> }", "no SPARQL query"),
    ],
)
def test_what_is_no_query_or_reaches_out_is_refused(base: KnowledgeBase, query: str, said: str) -> None:
    with pytest.raises(KnowledgeError, match=said):
        ask(base.facts(), query)
