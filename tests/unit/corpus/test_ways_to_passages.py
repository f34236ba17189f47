import pytest

from limbeck.corpus.schema import FOLDS
from limbeck.corpus.ways_to_ask import NOTHING
from limbeck.corpus.ways_to_passages import ways_to_passages

SECTIONS = [[f"wording {number} of the first" for number in range(8)], ["how heavy", "how many bags"]]


def test_wordings_ask_for_their_section_and_as_many_others_for_nothing() -> None:
    ways = ways_to_passages(SECTIONS)
    known = {way.text: way.place for way in ways if way.place != NOTHING}
    assert known == {**dict.fromkeys(SECTIONS[0], 0), **dict.fromkeys(SECTIONS[1], 1)}
    assert len(ways) == 2 * len(known)
    assert ways_to_passages([]) == []


@pytest.mark.parametrize("fold", range(FOLDS))
def test_a_fold_is_left_out(fold: int) -> None:
    left = ways_to_passages(SECTIONS, without=fold)
    assert {way.text for way in left if way.place == 0} == set(SECTIONS[0]) - set(SECTIONS[0][fold::FOLDS])
    assert all(way.fold != fold for way in left)


def test_of_very_many_some_of_each_part_are_kept() -> None:
    ways = ways_to_passages([[f"{section} {number}" for number in range(20)] for section in range(900)])
    known = [way for way in ways if way.place != NOTHING]
    assert len(known) == 4000
    assert len({way.place for way in known}) == 900
