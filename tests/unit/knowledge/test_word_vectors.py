from pathlib import Path

import numpy as np
import pytest

from limbeck.core.errors import KnowledgeError
from limbeck.knowledge.embedder import Embedder, shipped
from limbeck.knowledge.encoder_files import WORDS, shipped_folder
from limbeck.knowledge.word_vectors import WordVectors, pieces, save

ROWS = np.array([[3.0, -4.0], [0.0, 2.0], [-1.0, 0.5]], np.float32)


@pytest.fixture
def table(tmp_path: Path) -> WordVectors:
    save(["luggage", "行", "行李"], ROWS, tmp_path / "words.npz")
    return WordVectors(tmp_path / "words.npz")


def test_a_text_falls_into_words_characters_and_pairs() -> None:
    assert pieces("Don’t lose 2 BAGS, 行李箱 or A380s") == [
        "don't",
        "lose",
        "bags",
        "行",
        "李",
        "箱",
        "行李",
        "李箱",
        "or",
    ]
    assert pieces("12 % — ?!") == []


def test_a_text_is_the_sum_of_its_pieces(table: WordVectors) -> None:
    assert np.allclose(table.vector("Luggage"), ROWS[0] / 5, atol=0.01)
    both = ROWS[0] + ROWS[1] + ROWS[2]  # a character, and the pair it stands in
    assert np.allclose(table.vector("luggage 行李"), both / np.linalg.norm(both), atol=0.01)


def test_a_text_without_a_known_piece_points_nowhere(table: WordVectors) -> None:
    assert table.vector("suitcase, 12").tolist() == [0.0, 0.0]


def test_rows_of_zeros_are_kept(tmp_path: Path) -> None:
    save(["the", "of"], np.zeros((2, 2), np.float32), tmp_path / "words.npz")
    assert WordVectors(tmp_path / "words.npz").vector("the of").tolist() == [0.0, 0.0]


@pytest.mark.parametrize("harm", ["missing", "cut", "no table"])
def test_a_table_that_cannot_be_read_is_told(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "words.npz"
    save(["a"], ROWS[:1], path)
    if harm == "missing":
        path.unlink()
    elif harm == "cut":
        path.write_bytes(path.read_bytes()[:100])
    else:
        np.savez(path, rows=ROWS)
    with pytest.raises(KnowledgeError, match="word vectors") as caught:
        WordVectors(path)
    assert str(path) in str(caught.value.where)


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("luggage", "baggage", "currency"),
        ("my suitcase never arrived", "lost bags", "opening hours"),
        ("箱子多重", "行李限额", "国际区号"),
        ("多少钱", "费用", "首都"),
    ],
)
def test_words_that_mean_the_same_lie_together(text: str, near: str, far: str) -> None:
    table = WordVectors(shipped_folder() / WORDS)
    assert table.vector(text) @ table.vector(near) > 0.2 + table.vector(text) @ table.vector(far)


def test_words_stand_beside_the_encoder_in_a_vector() -> None:
    embedder = shipped()
    assert isinstance(embedder, Embedder)
    known, unknown, nothing = embedder.vectors(["luggage", "12", ""])
    assert np.isfinite(nothing).all()
    assert np.allclose([np.linalg.norm(known), np.linalg.norm(unknown)], 1, atol=1e-5)
    width = len(WordVectors(shipped_folder() / WORDS).vector(""))
    assert np.linalg.norm(known[-width:]) > 0.7 and not unknown[-width:].any()
