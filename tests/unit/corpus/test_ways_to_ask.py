from collections import Counter
from dataclasses import replace

import pytest

from limbeck.corpus.schema import FOLDS, Property
from limbeck.corpus.ways_to_ask import NOTHING, ways_to_ask
from limbeck.corpus.wording_bank import read_frames, unknown_phrases

CAPITAL = Property(
    id="capital",
    labels={"en": ("capital", "seat of government"), "zh": ("首都",)},
    answer={},
    questions={"en": tuple(f"{{subject}} wording {number}" for number in range(8)), "zh": ("{subject}的{area}？",)},
)
AREA = Property(id="area", labels={"en": ("area",), "zh": ("面积",)}, answer={})


def test_names_wordings_and_frames_ask_for_their_property() -> None:
    place_of = {way.text: way.place for way in ways_to_ask([CAPITAL, AREA])}
    assert place_of["seat of government"] == place_of["it wording 3"] == place_of["它的面积？"] == 0
    assert place_of["area"] == place_of["面积"] == 1
    asked = [text for text, place in place_of.items() if place == 1]
    assert len(asked) > 20 and all("area" in text or "面积" in text for text in asked)


def test_what_nothing_answers_is_there_at_most_as_often() -> None:
    for properties in ([AREA], [CAPITAL, AREA]):
        ways = Counter(way.place == NOTHING for way in ways_to_ask(properties))
        assert 0.5 * ways[False] < ways[True] < 1.1 * ways[False]
    assert ways_to_ask([]) == []


@pytest.mark.parametrize("fold", range(FOLDS))
def test_a_fold_is_left_out_and_names_stay(fold: int) -> None:
    whole, left = ways_to_ask([CAPITAL, AREA]), ways_to_ask([CAPITAL, AREA], without=fold)
    texts = {way.text for way in left}
    assert texts < {way.text for way in whole}
    assert all(way.fold != fold for way in left) and len(left) > 0.6 * len(whole)
    assert {f"it wording {number}" for number in range(8) if number % FOLDS != fold} <= texts
    assert not {f"it wording {number}" for number in range(fold, 8, FOLDS)} & texts
    assert {"capital", "面积"} <= texts


def test_many_properties_share_the_room_and_each_keeps_its_name() -> None:
    many = [replace(CAPITAL, id=f"p{number}", labels={"en": (f"p{number}",), "zh": (f"第{number}",)}, questions={})
            for number in range(900)]  # fmt: skip
    ways = ways_to_ask(many)
    assert len(ways) < 12_000
    assert {way.place for way in ways if way.is_name} == set(range(900))


def test_a_phrase_that_a_label_names_is_not_unknown() -> None:
    population = Property(id="population", labels={"en": ("population",), "zh": ("人口",)}, answer={})
    assert "population" in unknown_phrases([AREA], "en")
    assert not [phrase for phrase in unknown_phrases([population], "en") if "population" in phrase]
    assert set(unknown_phrases([population], "zh")) < set(read_frames("zh").unknown_property)
