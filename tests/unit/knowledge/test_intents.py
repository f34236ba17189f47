import numpy as np
import pytest

from limbeck.corpus.ways_to_ask import NOTHING, Way
from limbeck.knowledge.intents import Intents, fit, terms_of

WAYS = [
    Way("capital", 0),
    Way("area", 1),
    Way("which city governs it", 0, 0),
    Way("the city that governs it", 0, 1),
    Way("how large is it", 1, 0),
    Way("how large in km is it", 1, 1),
    Way("who rules it", NOTHING, 0),
    Way("who rules over it now", NOTHING, 1),
]
NO_VECTORS = np.zeros((len(WAYS), 0), np.float32)
DIMENSIONS = 16


@pytest.fixture(scope="module")
def intents() -> Intents:
    return fit((7, 9), WAYS, NO_VECTORS)


@pytest.mark.parametrize(
    ("text", "wanted"), [("the city governs it", 7), ("how large, it", 9), ("so how large is it then", 9)]
)
def test_the_property_whose_words_a_question_has_leads(intents: Intents, text: str, wanted: int) -> None:
    scores = intents.scores(text, None)
    assert max(scores, key=lambda number: scores[number].fit) == wanted
    assert scores[wanted].lead > 0.5


def test_a_question_like_those_that_nothing_answers_leads_to_nothing(intents: Intents) -> None:
    assert all(score.lead < 0.5 for score in intents.scores("who rules it today", None).values())


def test_scores_are_shares(intents: Intents) -> None:
    for text in ("", "?", "zzz", " ".join(way.text for way in WAYS)):
        assert all(0 <= number <= 1 for score in intents.scores(text, None).values() for number in score)


def test_a_misspelt_word_is_found_by_its_pieces(intents: Intents) -> None:
    scores = intents.scores("governns", None)
    assert scores[7].fit > scores[9].fit


def test_vectors_find_what_shares_no_word() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(len(WAYS), DIMENSIONS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = fit((7, 9), WAYS, vectors)
    scores = found.scores("zzz", vectors[4])
    assert scores[9].fit > 0.2 > scores[7].fit


def test_names_count_less_the_more_ways_there_are() -> None:
    vectors = np.eye(len(WAYS), DIMENSIONS, dtype=np.float32)
    few = fit((7, 9), WAYS, vectors)
    more = [*WAYS, *(Way(f"way {number}", 0, 0) for number in range(400))]
    many = fit((7, 9), more, np.eye(len(more), dtype=np.float32))
    assert few.names.weights_C[0] > 10 * many.names.weights_C[0] > 0
    assert few.scores("zzz", vectors[1])[9].fit > few.scores("zzz", vectors[5])[9].fit


def test_terms_are_stems_characters_neighbours_and_pieces() -> None:
    assert terms_of("Asked 首都") >= {"ask", "首", "都", "首 都", "ask 首", "^ ask", "#<ask", "#ked>"}
    assert terms_of("") == frozenset()
