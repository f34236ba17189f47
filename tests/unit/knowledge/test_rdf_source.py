"""RDF: names and values in both languages, circles, and graphs larger than the memory they may take."""

import subprocess
import sys
from pathlib import Path

import pytest

from limbeck.core.errors import SourceError
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.build import build
from limbeck.knowledge.source import Dropped, PropertyRead, Record, RowRead, Source
from limbeck.knowledge.sources import rdf

HEAD = """@prefix : <http://example.org/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""
GRAPH = (
    HEAD
    + """
:hasCapital rdfs:label "capital"@en, "首都"@zh ; skos:altLabel "seat of government"@en .
:Country rdfs:label "country"@en, "国家"@zh .
:Chad a :Country ; rdfs:label "Chad"@en, "乍得"@zh-Hans, "Tschad"@de ; skos:altLabel "TD", "乍得共和国"@zh ;
  :hasCapital :NDjamena ; :areaKm2 1284000 ; :borders :Libya, :Niger ; :homepage <https://chad.example> .
:Libya a :Country ; rdfs:label "Libya"@en, "利比亚"@zh ; :borders :Chad ; :motto "free"@en, "自由"@zh, "frei"@de ;
  :languages "Arabic"@en, "Berber"@en, "阿拉伯语"@zh ; :ruler [ :since 2021 ] .
:NDjamena rdfs:label "N'Djamena"@en, "恩贾梅纳"@zh ; :isIn :Chad .
"""
)
MEASURE = """
import resource, sys
from pathlib import Path
from limbeck.knowledge.sources import rdf
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
list(rdf.read(Path(sys.argv[1]), {}))
before = peak()
rows = sum(1 for record in rdf.read(Path(sys.argv[2]), {}) if type(record).__name__ == "RowRead")
print(rows, (peak() - before) // 1024)
"""


def save(folder: Path, content: str, name: str = "g.ttl") -> Path:
    (folder / name).write_text(content, encoding="utf-8")
    return folder / name


def rows(path: Path) -> dict[str, RowRead]:
    return {record.subject.en: record for record in rdf.read(path, {}) if isinstance(record, RowRead)}


def dropped(records: list[Record]) -> dict[str, int]:
    return {record.reason: record.count for record in records if isinstance(record, Dropped)}


def test_names_and_values_come_in_both_languages(tmp_path: Path) -> None:
    path = save(tmp_path, GRAPH)
    found = rows(path)
    chad, libya = found["Chad"], found["Libya"]
    assert list(found) == ["Chad", "Libya", "N'Djamena"]
    assert (chad.subject.zh, chad.aliases, chad.kind.zh) == ("乍得", ("TD", "乍得共和国"), "国家")
    shown = {name: [(value.shown.en, value.shown.zh) for value in values] for name, values in chad.values.items()}
    assert shown == {
        "has capital": [("N'Djamena", "恩贾梅纳")],
        "area km2": [("1284000", "1284000")],
        "borders": [("Libya", "利比亚"), ("Niger", "Niger")],
        "homepage": [("https://chad.example", "https://chad.example")],
    }
    assert [value.shown.zh for value in libya.values["motto"]] == ["自由"]
    assert [(value.shown.en, value.shown.zh) for value in libya.values["languages"]] == [("Arabic, Berber", "阿拉伯语")]
    assert "IRI: http://example.org/Chad\nname: Chad / 乍得\nhas capital: N'Djamena / 恩贾梅纳" in chad.text
    assert dropped(list(rdf.read(path, {}))) == {
        "blank node": 1,
        "literal in another language": 1,
        "value that is a blank node": 1,
    }


def test_properties_are_called_by_their_labels(tmp_path: Path) -> None:
    records = list(rdf.read(save(tmp_path, GRAPH), {}))
    known = {record.property.id: record.property for record in records if isinstance(record, PropertyRead)}
    assert known["has capital"].labels == {"en": ("capital", "seat of government"), "zh": ("首都",)}
    assert known["area km2"].labels["en"] == ("area km2",)


def test_a_circle_is_followed_no_further_than_one_step(tmp_path: Path) -> None:
    circle = HEAD + ":a rdfs:label 'A' ; :next :b . :b rdfs:label 'B' ; :next :a . :c :next :c .\n"
    found = rows(save(tmp_path, circle))
    values = {name: row.values["next"][0].shown.en for name, row in found.items()}
    assert values == {"A": "B", "B": "A", "c": "c"}


def test_questions_are_answered_from_a_graph(tmp_path: Path) -> None:
    path = save(tmp_path, GRAPH)
    build([Source(kind="rdf", location=path, root=tmp_path)], tmp_path / "k.sqlite")
    with KnowledgeBase.open(tmp_path / "k.sqlite") as base:
        found = base.search("乍得共和国的首都是哪里？")[0]
        assert (found.value.zh, found.link, found.match) == ("恩贾梅纳", "named", "named")
        assert base.resolve(found.citation).startswith("IRI: http://example.org/Chad")


def test_subjects_of_one_name_are_told_apart(tmp_path: Path) -> None:
    paris = ":Paris_FR rdfs:label 'Paris' ; :isIn :France . :Paris_US rdfs:label 'Paris' ; :isIn :Texas .\n"
    records = list(rdf.read(save(tmp_path, HEAD + paris), {}))
    found = [record for record in records if isinstance(record, RowRead)]
    assert [row.subject.en for row in found] == ["Paris (Paris FR)", "Paris (Paris US)"]
    assert all("Paris" in row.aliases for row in found)
    assert dropped(records) == {"shared name, told apart by its IRI": 2}


def test_two_properties_of_one_short_name_stay_two(tmp_path: Path) -> None:
    graph = "<http://x.org/a> <http://p.org/size> '1' ; <http://q.org/size> '2' .\n"
    (row,) = rows(save(tmp_path, graph)).values()
    assert {name: values[0].shown.en for name, values in row.values.items()} == {"size": "1", "http://q.org/size": "2"}


def test_repeated_triples_count_once(tmp_path: Path) -> None:
    line = "<http://x.org/a> <http://p.org/size> '1' .\n".replace("'", '"')
    records = list(rdf.read(save(tmp_path, line * 3, "g.nt"), {}))
    assert [len(record.values["size"]) for record in records if isinstance(record, RowRead)] == [1]
    assert dropped(records) == {"repeated triple": 2}


def test_a_large_graph_takes_no_more_memory_than_a_small_one(tmp_path: Path) -> None:
    def write(name: str, things: int) -> Path:
        with (tmp_path / name).open("w", encoding="utf-8") as file:
            # scattered: a subject's triples lie far apart, as in a dump sorted by property
            for fact in range(20):
                for thing in range(things):
                    file.write(f'<http://x.org/t/{thing}> <http://x.org/p{fact}> "{thing * fact} {"x" * 60}" .\n')
        return tmp_path / name

    small, large = write("small.nt", 50), write("large.nt", 10_000)
    command = [sys.executable, "-c", MEASURE, str(small), str(large)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    things, megabytes = map(int, done.stdout.split())
    assert things == 10_000
    assert large.stat().st_size > 20_000_000
    assert megabytes < 20


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("g.ttl", GRAPH + "\n:Chad :x \n", ["g.ttl:", "not Turtle"]),
        ("g.nt", "<http://x.org/a> <http://x.org/b> .\n", ["g.nt:1", "not N-Triples"]),
        ("g.ttl", "<html><body>hello</body></html>", ["not Turtle"]),
        ("g.ttl", HEAD, ["says nothing of any thing"]),
        ("g.ttl", "", ["empty"]),
    ],
)
def test_a_broken_graph_names_its_line(tmp_path: Path, name: str, content: str, said: list[str]) -> None:
    with pytest.raises(SourceError) as caught:
        list(rdf.read(save(tmp_path, content, name), {}))
    assert all(each in str(caught.value) for each in [*said, name, "fix:"])
