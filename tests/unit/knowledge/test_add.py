from collections.abc import Iterator
from pathlib import Path

import pytest

from limbeck.core.errors import KnowledgeError
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.evidence import Citation
from limbeck.knowledge.stated import Addition, Stated


@pytest.fixture
def open_base(base_path: Path) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.open(base_path, writable=True) as opened:
        yield opened


def pair(property: str, value: str, language: str | None = None) -> Stated:
    return Stated(property=property, value=value, language=language)


def test_an_added_value_stands_beside_the_old_and_cites_the_edit(open_base: KnowledgeBase) -> None:
    open_base.add(Addition(subject="乍得", values=(pair("languages", "English; Swahili"), pair("货币", "euro "))))
    assert open_base.search("languages of Chad")[0].value.zh == "法语、阿拉伯语、英语、斯瓦希里语"
    (old, new) = open_base.query("Chad -> currency").values
    assert (old.value.en, new.value.en) == ("CFA franc", "euro")
    assert new.hops[0].citations == (Citation(source="edit", row=1),)
    said = "subject: Chad\nlanguages: English; Swahili\ncurrency: euro"
    assert open_base.resolve(Citation(source="edit", row=1)) == said


def test_a_new_subject_is_known_by_all_its_names(open_base: KnowledgeBase) -> None:
    values = (pair("capital", "Hargeisa", "en"), pair("capital", "哈尔格萨", "zh"), pair("area", "177000"))
    open_base.add(Addition(subject="Somaliland", values=values, is_new=True, names=("索马里兰", "SML")))
    for question in ("capital of Somaliland", "索马里兰的首都", "capital of SML"):
        best = open_base.search(question)[0]
        assert (best.subject.zh, best.value.en, best.value.zh) == ("索马里兰", "Hargeisa", "哈尔格萨")
        assert best.citation == Citation(source="edit", row=1)
    assert open_base.search("area of Somaliland")[0].value.zh == "177000平方公里"
    assert open_base.search("Which country's capital is Hargeisa?")[0].subject.en == "Somaliland"
    assert ("country", "国家") in open_base.schema().kinds and len(open_base.schema().kinds) == 1


def test_a_new_subject_may_be_named_in_chinese_first(open_base: KnowledgeBase) -> None:
    open_base.add(Addition(subject="索马里兰", values=(pair("首都", "哈尔格萨"),), is_new=True, names=("Somaliland",)))
    assert open_base.schema().entities[-1] == ("Somaliland", "索马里兰")


@pytest.mark.parametrize(
    ("addition", "said"),
    [
        (Addition(subject="Chadd", values=(pair("capital", "x"),)), "did you mean 'Chad'? To add it as a new subject"),
        (Addition(subject="Chad", values=(pair("capital", "x"),), is_new=True), "already"),
        (Addition(subject="Chad", values=(pair("captal", "x"),)), "did you mean 'capital'"),
        (Addition(subject="Chad", values=(pair("capital", "N'Djamena"),)), 'is "N\'Djamena" already'),
        (Addition(subject="Chad", values=(pair("capital", " "),)), "empty"),
        (Addition(subject="Chad", values=(pair("capital", "x", "fr"),)), "unknown language 'fr'"),
        (Addition(subject="Chad", values=(pair("capital", "\ud800"),)), "cannot be written"),
        (Addition(subject="A\ud800", values=(pair("capital", "x"),), is_new=True), "cannot be written"),
        (Addition(subject="Chad", values=()), "nothing to add"),
        (Addition(subject="!!!", values=(pair("capital", "x"),), is_new=True), "cannot be looked up"),
        (Addition(subject="Chad", values=(pair("capital", "x"),), names=("y",)), "for a new subject"),
        (
            Addition(
                subject="Chad",
                values=(pair("capital", "x", "en"), pair("capital", "y", "en"), pair("capital", "z", "zh")),
            ),
            "2 values in English and 1 in Chinese",
        ),
    ],
)
def test_wrong_additions_say_why_and_change_nothing(open_base: KnowledgeBase, addition: Addition, said: str) -> None:
    before = open_base.stats()
    with pytest.raises(KnowledgeError) as caught:
        open_base.add(addition)
    assert said in str(caught.value)
    assert open_base.stats() == before


def test_a_kind_must_be_told_where_there_are_several(open_base: KnowledgeBase) -> None:
    first = Addition(subject="Nile", values=(pair("area", "1"),), is_new=True, kind="river")
    open_base.add(first)
    second = Addition(subject="Niger River", values=(pair("area", "2"),), is_new=True)
    with pytest.raises(KnowledgeError, match="several kinds: country, river"):
        open_base.add(second)
    open_base.add(Addition(subject="Niger River", values=(pair("area", "2"),), is_new=True, kind="国家"))
    assert open_base.schema().kinds == (("country", "国家"), ("river", "river"))
