import pytest

from limbeck.corpus.schema import FOLDS
from limbeck.corpus.ways_to_ask import NOTHING
from limbeck.corpus.ways_to_passages import Section, ways_to_passages

FIRST = tuple(f"wording {number} of the first" for number in range(8))
SECOND = ("how heavy", "how many bags", "who is the owner of it")
SECTIONS = [
    Section(topics=("Visa desk", "Hours"), wordings=FIRST),
    Section(topics=("行李", "限额"), wordings=SECOND),
]


def test_wordings_ask_for_their_section_and_others_for_nothing() -> None:
    ways = ways_to_passages(SECTIONS)
    known = {way.text: way.place for way in ways if way.place != NOTHING}
    assert known == {**dict.fromkeys(FIRST, 0), **dict.fromkeys(SECOND, 1)}
    assert 2 * len(known) < len(ways) <= 3 * len(known)
    assert ways_to_passages([]) == []


def test_near_misses_are_about_the_topics_and_ask_for_what_no_section_speaks_of() -> None:
    near = [way.text for way in ways_to_passages(SECTIONS) if "Visa desk" in way.text or "行李" in way.text]
    assert len(near) > 3
    assert not [text for text in near if "owner" in text]


@pytest.mark.parametrize("fold", range(FOLDS))
def test_a_fold_is_left_out(fold: int) -> None:
    left = ways_to_passages(SECTIONS, without=fold)
    assert {way.text for way in left if way.place == 0} == set(FIRST) - set(FIRST[fold::FOLDS])
    assert all(way.fold != fold for way in left)


def test_of_very_many_some_of_each_part_are_kept() -> None:
    many = [
        Section(topics=(str(number),), wordings=tuple(f"{number} {each}" for each in range(20)))
        for number in range(900)
    ]
    known = [way for way in ways_to_passages(many) if way.place != NOTHING]
    assert len(known) == 4000
    assert len({way.place for way in known}) == 900
