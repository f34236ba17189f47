from dataclasses import replace

import pytest

from limbeck.knowledge.embedder import shipped
from limbeck.knowledge.passage_fit import Clues, PassageReader, answers
from limbeck.knowledge.sought import Shares

SHARES = Shares(coverage=0.5, likeness=0.5, asked=None)


def clues(shares: dict[str, float | None] | None = None, **parts: float) -> Clues:
    held = {"coverage": 0.0, "likeness": 0.0, "asked": None, **(shares or {})}
    weighed = {"whole": 0.0, "sentence": 0.0, "heading": 0.0, "is_kind_asked": False, "is_kind_told": False, **parts}
    return Clues(shares=Shares(**held), **weighed)


NONE = clues()
BAGS = ("Baggage", "Allowance", "Each guest may check one bag of 23 kg. Ask at the desk for more.")


@pytest.fixture(scope="module")
def reader() -> PassageReader:
    embedder = shipped()
    assert embedder is not None, "the package lacks its encoder"
    return PassageReader(embedder.words)


def weighed(reader: PassageReader, question: str, kinds: tuple[str, ...] = ()) -> Clues:
    return reader.clues(reader.asked(question), BAGS, kinds, shares=SHARES)


@pytest.mark.parametrize("clue", ["coverage", "likeness"])
def test_what_a_passage_holds_of_a_question_makes_it_likelier(clue: str) -> None:
    assert answers(NONE) < 0.02
    assert answers(clues({clue: 1.0})) > 3 * answers(NONE)
    assert answers(clues(sentence=1.0)) > 3 * answers(NONE)


def test_one_that_is_asked_for_so_is_likelier_and_one_that_is_not_is_less() -> None:
    held = {"coverage": 0.4, "likeness": 0.4}
    parts = {"sentence": 0.5, "whole": 0.5, "heading": 0.3}
    unknown, asked, other = (answers(clues({**held, "asked": share}, **parts)) for share in (None, 0.8, 0.0))
    assert other < unknown < asked


def test_a_heading_that_says_all_and_no_sentence_that_does_speaks_against_it() -> None:
    near = clues({"coverage": 0.5, "likeness": 0.4}, sentence=0.6, whole=0.6)
    assert answers(replace(near, heading=0.6)) < answers(near)


def test_a_kind_asked_for_and_not_told_speaks_against_it() -> None:
    told = clues({"coverage": 0.5}, is_kind_asked=True, is_kind_told=True)
    assert answers(replace(told, is_kind_told=False)) < answers(told)


def test_one_sentence_that_holds_the_question_holds_more_of_it_than_parts_of_two(reader: PassageReader) -> None:
    together, apart = weighed(reader, "check one bag"), weighed(reader, "check bag desk more")
    assert together.sentence == pytest.approx(together.whole, abs=0.05)
    assert apart.sentence < apart.whole
    assert weighed(reader, "baggage allowance").heading > together.heading


def test_words_of_no_known_vector_speak_for_nothing(reader: PassageReader) -> None:
    clues = weighed(reader, "🙂 ?")
    assert (clues.whole, clues.sentence, clues.heading) == (0.0, 0.0, 0.0)


def test_a_kind_is_told_by_a_sentence(reader: PassageReader) -> None:
    assert weighed(reader, "how heavy", ("weight",)).is_kind_told
    assert not weighed(reader, "when", ("time",)).is_kind_told
