import random

import numpy as np
import pytest
import torch

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def recipe(starter_module):
    return starter_module("word_vectors")


def written(recipe, anchor, *candidates):
    texts, groups = zip(*candidates, strict=True)
    return recipe.Written(anchor=anchor, candidates=texts, groups=groups)


def test_candidates_of_the_same_group_are_not_set_against_each_other(recipe) -> None:
    network = recipe.Sum(np.eye(4), 3)
    batch = [written(recipe, [0], ([0], "price"), ([1], "size")), written(recipe, [1], ([1], "size"), ([0], "price"))]
    alike = recipe.pair_loss(network, batch)
    parted = [written(recipe, [0], ([0], "a"), ([1], "b")), written(recipe, [1], ([1], "c"), ([0], "d"))]
    assert alike.item() < 0.01 < 0.5 < recipe.pair_loss(network, parted).item()


def test_translations_come_to_lie_where_the_teacher_puts_the_english(recipe, starter_module) -> None:
    teacher, pairs = starter_module("teacher"), starter_module("search_pairs")
    texts = ("money", "钱", "sea", "海")
    taught = teacher.Taught(texts=texts, rows=(0, 0, 1, 1), vectors_ME=np.eye(2, 5, dtype=np.float16))
    place_of = {text: place for place, text in enumerate(texts)}
    pools = {
        f"alike {side}": [pairs.Pair(anchor=one, candidate=one, group=one) for one in both] * recipe._PAIRS
        for side, both in (("en", texts[::2]), ("zh", texts[1::2]))
    }
    torch.manual_seed(0)
    network = recipe.Sum(np.eye(4), 5)

    def cosines():
        with torch.no_grad():
            vectors = network([[place] for place in range(4)])
        return [float(vectors[0] @ vectors[1]), float(vectors[2] @ vectors[3])]

    before = cosines()
    for round_ in range(100):
        recipe.train(network, taught, pools, place_of, random.Random(round_))
    assert min(cosines()) > 0.5 > max(before) == 0


def test_the_loss_of_a_wrong_neighbour_is_larger(recipe) -> None:
    network = recipe.Sum(np.eye(3), 3)
    right = recipe.pair_loss(network, [written(recipe, [0], ([0], "a"), ([1], "b"))])
    wrong = recipe.pair_loss(network, [written(recipe, [0], ([1], "b"), ([0], "a"))])
    assert right.item() < 0.01 < 1 < wrong.item()
