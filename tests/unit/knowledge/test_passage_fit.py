from dataclasses import replace

import pytest

from limbeck.knowledge.embedder import shipped
from limbeck.knowledge.passage_fit import Clues, PassageReader, answers

NONE = Clues(coverage=0, likeness=0, whole=0, sentence=0, heading=0, is_kind_asked=False, is_kind_told=False)
BAGS = ("Baggage", "Allowance", "Each guest may check one bag of 23 kg. Ask at the desk for more.")


@pytest.fixture(scope="module")
def reader() -> PassageReader:
    embedder = shipped()
    assert embedder is not None, "the package lacks its encoder"
    return PassageReader(embedder.words)


def weighed(reader: PassageReader, question: str, kinds: tuple[str, ...] = ()) -> Clues:
    return reader.clues(reader.asked(question), BAGS, kinds, shares=(0.5, 0.5))


@pytest.mark.parametrize("clue", ["coverage", "likeness", "sentence"])
def test_what_speaks_for_a_passage_makes_it_likelier(clue: str) -> None:
    assert answers(NONE) < 0.01
    assert answers(replace(NONE, **{clue: 1.0})) > 10 * answers(NONE)


def test_a_heading_that_says_all_and_no_sentence_that_does_speaks_against_it() -> None:
    near = replace(NONE, coverage=0.5, likeness=0.4, sentence=0.6, whole=0.6)
    assert answers(replace(near, heading=0.6)) < answers(near)


def test_a_kind_asked_for_and_not_told_speaks_against_it() -> None:
    told = replace(NONE, coverage=0.5, is_kind_asked=True, is_kind_told=True)
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
