from collections.abc import Callable
from pathlib import Path

import pytest

from limbeck.core.errors import KnowledgeError
from limbeck.knowledge import path as grammar
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.evidence import Citation
from limbeck.knowledge.path import MOST_STEPS, Step, read_path


@pytest.mark.parametrize(
    ("text", "start", "steps"),
    [
        ("Chad -> capital", "Chad", [("capital", False)]),
        ("  Chad->neighbours  ->capital ", "Chad", [("neighbours", False), ("capital", False)]),
        ("巴黎 ← 首都 → 货币", "巴黎", [("首都", True), ("货币", False)]),
        ('"A -> B" <- "seat -> of"', "A -> B", [("seat -> of", True)]),
        ("CFA franc <- currency", "CFA franc", [("currency", True)]),
        ("Guinea-Bissau -> x < y", "Guinea-Bissau", [("x < y", False)]),
    ],
)
def test_a_path_is_read(text: str, start: str, steps: list[tuple[str, bool]]) -> None:
    expected = grammar.Path(start=start, steps=tuple(Step(property=name, is_inverse=back) for name, back in steps))
    assert read_path(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no start"),
        ("-> capital", "no start"),
        ("Chad", "no step"),
        ("Chad ->", "missing after '->'"),
        ("Chad -> <- capital", "missing after '->'"),
        ('Chad -> "capital', "open"),
        ("Chad" + " -> x" * (MOST_STEPS + 1), "17 steps"),
    ],
)
def test_what_is_no_path_is_refused(text: str, said: str) -> None:
    with pytest.raises(KnowledgeError, match=said) as caught:
        read_path(text)
    assert caught.value.fix


def values(base: KnowledgeBase, path: str) -> list[str]:
    return [each.value.en for each in base.query(path).values]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Chad -> capital", ["N'Djamena"]),
        ("乍得 → 邻国 → 首都", ["Tripoli", "Nairobi"]),
        ("Chad -> neighbours -> neighbours -> currency", ["CFA franc"]),
        ("TD -> neighbours", ["Libya", "Kenya"]),
        ("French <- languages", ["Chad", "Côte d’Ivoire"]),
        ("法语 <- 语言 -> capital city", ["N'Djamena", "Yamoussoukro"]),
        ("Chad <- neighbours -> capital", ["Tripoli"]),
        ("Arabic <- languages -> languages <- languages", ["Chad", "Côte d’Ivoire", "Libya"]),
        ("America -> capital", ["Washington, D.C."]),
        ("Kenya -> neighbours", []),
    ],
)
def test_a_path_leads_to_its_values(base: KnowledgeBase, path: str, expected: list[str]) -> None:
    assert values(base, path) == expected


def test_every_hop_names_the_row_that_proves_it(base: KnowledgeBase) -> None:
    tripoli = base.query("Chad -> neighbours -> capital").values[0]
    assert [(hop.subject.en, hop.property_id, hop.value.en, hop.citations) for hop in tripoli.hops] == [
        ("Chad", "neighbours", "Libya", (Citation(source="countries.csv", row=1),)),
        ("Libya", "capital", "Tripoli", (Citation(source="countries.csv", row=3),)),
    ]
    for hop in tripoli.hops:
        assert all(hop.value.en in base.resolve(citation) for citation in hop.citations)


def test_a_value_that_is_no_subject_ends_the_path(base: KnowledgeBase) -> None:
    found = base.query("Chad -> capital -> currency")
    assert (found.values, [end.zh for end in found.ends]) == ((), ["恩贾梅纳"])


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("Chadd -> capital", "did you mean 'Chad'"),
        ("Chad -> captal", "did you mean 'capital'"),
        ("Chad -> neighbours -> captal", "did you mean 'capital'"),
        ("Nairobbi <- capital", "did you mean 'Nairobi'"),
        ("乍徳 -> 首都", "no subject '乍徳'"),
    ],
)
def test_unknown_names_bring_the_nearest(base: KnowledgeBase, path: str, said: str) -> None:
    with pytest.raises(KnowledgeError) as caught:
        base.query(path)
    assert said in str(caught.value)


def test_a_path_sees_edits_and_their_citations(base_path: Path) -> None:
    with KnowledgeBase.open(base_path, writable=True) as base:
        base.set("Chad", "neighbours", "Kenya")
        (found,) = base.query("Chad -> neighbours -> capital").values
        assert found.value.zh == "内罗毕"
        assert found.hops[0].citations == (Citation(source="edit", row=1),)


def test_a_value_names_a_subject_by_its_label_only(read_table: Callable[..., KnowledgeBase]) -> None:
    with read_table("name,aliases,language\nFrance,French;FR,French\nChad,,French\n") as base:
        found = base.query("Chad -> language -> language")
        assert (found.values, [end.en for end in found.ends]) == ((), ["French"])


def test_backwards_is_the_way_that_forwards_takes(read_table: Callable[..., KnowledgeBase]) -> None:
    with read_table("name,name_zh,partner,partner_zh\nAda,甲,,\nBob,乙,,\nCy,丙,Ada,乙\n") as base:
        assert values(base, "Cy -> partner") == ["Ada"]
        assert values(base, "Ada <- partner") == ["Cy"]
        assert values(base, "Bob <- partner") == []


def test_a_long_path_through_a_ring_comes_to_each_place_once(base: KnowledgeBase) -> None:
    for length, expected in ((MOST_STEPS, ["Chad"]), (MOST_STEPS - 1, ["Libya", "Kenya"])):
        assert values(base, "Chad" + " -> neighbours" * length) == expected
