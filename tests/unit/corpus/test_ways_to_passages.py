import pytest

from limbeck.corpus.language import LANGUAGES, Language
from limbeck.corpus.schema import FOLDS, Property
from limbeck.corpus.ways_to_ask import NOTHING, ways_to_ask
from limbeck.corpus.ways_to_passages import ways_to_passages
from limbeck.corpus.wording_bank import in_fold, read_frames

FIRST = tuple(f"wording {number} of the first" for number in range(8))
SECOND = ("how heavy", "how many bags", "who is the owner of it")
SECTIONS = [FIRST, SECOND]
AREA = Property(id="area", labels={"en": ("area",), "zh": ("面积",)}, answer={})


def test_wordings_ask_for_their_section_and_others_for_nothing() -> None:
    ways = ways_to_passages(SECTIONS)
    known = {way.text: way.place for way in ways if way.place != NOTHING}
    assert known == {**dict.fromkeys(FIRST, 0), **dict.fromkeys(SECOND, 1)}
    assert len(ways) == 2 * len(known)
    assert ways_to_passages([]) == []


@pytest.mark.parametrize("fold", range(FOLDS))
def test_a_fold_is_left_out(fold: int) -> None:
    left = ways_to_passages(SECTIONS, without=fold)
    assert {way.text for way in left if way.place == 0} == set(FIRST) - set(FIRST[fold::FOLDS])
    assert all(way.fold != fold for way in left)


@pytest.mark.parametrize("fold", range(FOLDS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_search_for_passages_forgets_the_off_topic_questions_that_practice_asks(fold: int, language: Language) -> None:
    many = [[f"{number} {each}" for each in range(20)] for number in range(200)]
    left = {way.text for way in ways_to_passages(many, without=fold)}
    off_topic = read_frames(language).off_topic
    assert left & set(off_topic) == set(off_topic) - set(in_fold(off_topic, fold))


def test_of_very_many_some_of_each_part_are_kept() -> None:
    many = [[f"{number} {each}" for each in range(20)] for number in range(900)]
    known = [way for way in ways_to_passages(many) if way.place != NOTHING]
    assert len(known) == 4000
    assert len({way.place for way in known}) == 900


def test_what_tables_answer_is_asked_of_no_section() -> None:
    many = [[f"{number} {each}" for each in range(20)] for number in range(20)]
    plain, beside = ways_to_passages(many), ways_to_passages(many, ways_to_ask([AREA]))
    asked = {way.text for way in ways_to_ask([AREA]) if way.place != NOTHING}
    told = {way.text for way in beside if way.place == NOTHING} & asked
    assert len(told) >= len(asked) // 2 and not asked & {way.text for way in plain}
    assert 0.95 * len(plain) < len(beside) <= len(plain)
    assert {way.text for way in beside if way.place != NOTHING} == {way.text for way in plain if way.place != NOTHING}
