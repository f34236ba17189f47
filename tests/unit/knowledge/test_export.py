"""What leaves a base in a file: the same bytes every time, read by those who know the form, and by us."""

import csv
import json
from pathlib import Path

import networkx
import pytest
import rdflib
from rdflib.namespace import RDFS

from limbeck.core.errors import KnowledgeError, LimbeckError, SourceError
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.build import build
from limbeck.knowledge.export import EXPORTS, export, form_of
from limbeck.knowledge.source import RowRead, Source, read_source
from limbeck.knowledge.stated import Addition, Stated
from limbeck.knowledge.validity import Validity
from limbeck.recipe.place import guess_kind

ODD = 'A "quoted", <b>&amp;</b> \\ back\tslash;\nnew line'


@pytest.fixture
def rich_path(base_path: Path) -> Path:
    """A base with edits, days, units, several values, and letters that need quoting."""
    with KnowledgeBase.open(base_path, writable=True) as base:
        base.set("Chad", "capital", "Moundou", valid=Validity.of("2030-01-01"))
        base.set("Kenya", "currency", ODD)
        base.set("Libya", "area", "7")
        new = (Stated(property="capital", value="-1~.x"), Stated(property="neighbours", value="Chad"))
        base.add(Addition(subject="索马里兰", values=new, is_new=True, names=("Somali.land~", "SML")))
    return base_path


def written(path: Path, out: Path) -> Path:
    with KnowledgeBase.open(path, every_day=True) as base:
        export(base.facts(), out, form_of(out))
    return out


def facts(path: Path) -> list[tuple[object, ...]]:
    """Return all that is said, whatever the ids and wherever it stands."""
    with KnowledgeBase.open(path, every_day=True) as base:
        table = base.facts()
    query = [
        (
            fact.subject.label,
            fact.subject.kind,
            sorted(fact.subject.aliases),
            fact.property.id,
            fact.shown,
            fact.valid,
            fact.value,
        )
        for fact in table.facts
    ]
    return list(dict.fromkeys(map(repr, query)))


@pytest.mark.parametrize("form", EXPORTS.names())
def test_the_same_facts_give_the_same_bytes(rich_path: Path, tmp_path: Path, form: str) -> None:
    ending = EXPORTS.load(form).ENDINGS[0]
    first = written(rich_path, tmp_path / f"one{ending}")
    second = written(rich_path, tmp_path / f"two{ending}")
    assert first.read_bytes() == second.read_bytes() != b""
    assert b"\r" not in first.read_bytes()


@pytest.mark.parametrize("ending", [".csv", ".jsonl"])
def test_what_was_written_is_read_again(rich_path: Path, tmp_path: Path, ending: str) -> None:
    out = written(rich_path, tmp_path / "again" / f"facts{ending}")
    assert guess_kind(out) == guess_kind(out.parent) == "facts"
    again = tmp_path / "again.sqlite"
    report = build([Source(kind="facts", location=out, root=out.parent)], again)
    assert not report.dropped
    assert facts(again) == facts(rich_path)
    with KnowledgeBase.open(rich_path) as old, KnowledgeBase.open(again) as new:
        for question in ("capital of Chad", "肯尼亚的面积", "Which country's area is 322463?", "USA languages"):
            was, now = old.search(question)[0], new.search(question)[0]
            assert (was.subject, was.value, was.match, was.link) == (now.subject, now.value, now.match, now.link)
            assert now.value.en.split()[0] in new.resolve(now.citation)
    third = written(again, tmp_path / f"third{ending}")
    if ending == ".jsonl":
        properties = [line for line in out.read_text().splitlines() if line.startswith('{"property"')]
        assert properties == [line for line in third.read_text().splitlines() if line.startswith('{"property"')]


def test_a_csv_line_is_a_fact_at_a_row(rich_path: Path, tmp_path: Path) -> None:
    with written(rich_path, tmp_path / "x.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    first = lines[0]
    assert (first["subject_en"], first["subject_zh"], first["kind_zh"]) == ("Chad", "乍得", "国家")
    assert (first["property"], first["value_zh"], first["source"], first["row"]) == (
        "capital",
        "恩贾梅纳",
        "countries.csv",
        "1",
    )
    assert (first["valid_from"], first["valid_until"]) == ("", "2029-12-31")
    area = next(line for line in lines if line["property"] == "area")
    assert (area["value_en"], area["unit_en"], area["unit_zh"]) == ("1284000", "km²", "平方公里")
    assert {line["source"] for line in lines} == {"countries.csv", "edit"}


def test_triples_are_read_by_a_library_and_say_the_facts(rich_path: Path, tmp_path: Path) -> None:
    graphs = {}
    for ending, form in ((".nt", "nt"), (".ttl", "turtle")):
        graphs[form] = rdflib.Graph().parse(written(rich_path, tmp_path / f"x{ending}"), format=form)
    graph = graphs["nt"]
    assert set(graph) == set(graphs["turtle"])
    lines = (tmp_path / "x.nt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(set(lines))
    named = {str(label): thing for thing, label in graph.subject_objects(RDFS.label)}
    capital = rdflib.URIRef("urn:limbeck:property/capital")
    assert named["乍得"] == named["Chad"]
    assert rdflib.Literal("恩贾梅纳", lang="zh") in set(graph.objects(named["Chad"], capital))
    neighbours = rdflib.URIRef("urn:limbeck:property/neighbours")
    assert named["Libya"] in set(graph.objects(named["Chad"], neighbours))
    currency = graph.value(named["Kenya"], rdflib.URIRef("urn:limbeck:property/currency"))
    assert str(currency) == ODD
    assert named["索马里兰"] == named["Somali.land~"]
    node = next(graph.subjects(rdflib.URIRef("urn:limbeck:term/value"), rdflib.Literal("Moundou")))
    row = graph.value(node, rdflib.URIRef("http://www.w3.org/ns/prov#wasDerivedFrom"))
    assert str(graph.value(row, rdflib.URIRef("urn:limbeck:term/source"))) == "edit"
    assert graph.value(row, rdflib.URIRef("urn:limbeck:term/number")).toPython() == 1
    assert graph.value(node, rdflib.URIRef("urn:limbeck:term/validFrom")).toPython().isoformat() == "2030-01-01"


def test_graphml_is_read_by_a_library_and_says_the_facts(rich_path: Path, tmp_path: Path) -> None:
    graph = networkx.read_graphml(written(rich_path, tmp_path / "x.graphml"), force_multigraph=True)
    named = {data["label_en"]: node for node, data in graph.nodes(data=True)}
    edge = next(data for _, to, data in graph.out_edges(named["Chad"], data=True) if to == named["Libya"])
    assert (edge["property_zh"], edge["rows"]) == ("邻国", "countries.csv row 1")
    assert ODD.replace("\t", "\t") in named
    with KnowledgeBase.open(rich_path, every_day=True) as base:
        assert graph.number_of_edges() == len({fact.fact_id for fact in base.facts().facts})


def test_a_name_that_tells_no_form_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match=r"'x\.txt' names no form") as caught:
        form_of(tmp_path / "x.txt")
    assert ".csv" in str(caught.value) and "--format" in str(caught.value)
    with pytest.raises(LimbeckError, match="did you mean 'turtle'"):
        EXPORTS.load("turtel")


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("x.csv", lambda text: text.replace("value_en", "valeu_en", 1), "unknown column 'valeu_en'"),
        ("x.csv", lambda text: text.replace(",N'Djamena,恩贾梅纳,", ",,,", 1), "the value is empty"),
        ("x.csv", lambda text: text.replace("2029-12-31", "2029-13-31", 1), "'2029-13-31' is no day"),
        ("x.csv", lambda text: text + "a,b\n", "2 cells where the header has 16"),
        ("x.csv", lambda text: text.partition("\n")[0] + "\n", "a header and no facts"),
        ("x.jsonl", lambda text: text.replace('"format": 1', '"format": 9', 1), "no export of facts that we read"),
        ("x.jsonl", lambda text: text + "{]\n", "this line is no fact"),
        ("x.jsonl", lambda text: text + '{"fact": {"subject_en": 3}}\n', "a field is no text"),
        ("x.jsonl", lambda text: text + '{"fact": {"property": "capital"}}\n', "the subject is empty"),
        ("x.jsonl", lambda text: text + "[]\n", "this line is no fact"),
    ],
)
def test_a_damaged_export_names_file_and_line(base_path, rich_path, tmp_path, name, change, said) -> None:
    out = written(rich_path, tmp_path / name)
    out.write_text(change(out.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        build([Source(kind="facts", location=out, root=tmp_path)], tmp_path / "k.sqlite")
    assert said in str(caught.value) and name in str(caught.value) and caught.value.fix
    assert not (tmp_path / "k.sqlite").exists()


def test_jsonl_lines_are_json(rich_path: Path, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in written(rich_path, tmp_path / "x.jsonl").read_text("utf-8").splitlines()]
    assert lines[0] == {"limbeck": "facts", "format": 1}
    assert next(line for line in lines if "property" in line)["property"]["labels"]["en"][0] == "capital"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_ends_only_where_json_lines_do(tmp_path: Path, end: str) -> None:
    fact = {"subject_en": "Chad", "property": "motto", "value_en": "Unity\u2028Work\x85Progress"}
    lines = [{"limbeck": "facts", "format": 1}, {"fact": fact}]
    written = "".join(json.dumps(line, ensure_ascii=False) + end for line in lines)
    (tmp_path / "x.jsonl").write_text(written, encoding="utf-8", newline="")
    rows = [
        record
        for record in read_source(Source(kind="facts", location=tmp_path / "x.jsonl", root=tmp_path))
        if isinstance(record, RowRead)
    ]
    assert [row.values["motto"][0].shown.en for row in rows] == [fact["value_en"]]


def test_a_fact_in_one_language_alone_is_told_in_both(tmp_path: Path) -> None:
    fact = {"subject_zh": "乍得", "property": "motto", "value_zh": "团结"}
    lines = [{"limbeck": "facts", "format": 1}, {"fact": fact}]
    path = tmp_path / "x.jsonl"
    path.write_text("".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines), encoding="utf-8")
    build([Source(kind="facts", location=path, root=tmp_path)], tmp_path / "k.sqlite")
    with KnowledgeBase.open(tmp_path / "k.sqlite") as base:
        (read,) = base.facts().facts
    assert (read.subject.label.en, read.value.en, read.value.zh) == ("乍得", "团结", "团结")
