import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from limbeck.core.errors import KnowledgeError
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.build import build
from limbeck.knowledge.embedder import Embedder, shipped
from limbeck.knowledge.encoder_files import ENCODER, MODEL_FILES
from limbeck.knowledge.source import Source

TABLES = ("encoder", "chunk_vector", "way", "intent")
TEXTS = ("Which city governs it?", "货币", "a" * 3000)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    found = shipped()
    assert found is not None, "the package lacks its encoder"
    return found


@pytest.fixture
def embedded(folder: Path, sources: list[Source], embedder: Embedder) -> Path:
    """A knowledge base with vectors."""
    build(sources, folder / "knowledge.sqlite", embedder=embedder)
    return folder / "knowledge.sqlite"


def vectors(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with sqlite3.connect(path) as connection:
        return {table: connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in TABLES}


def test_a_text_has_one_unit_vector_whatever_stands_beside_it(embedder: Embedder) -> None:
    together = embedder.vectors(TEXTS)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-3)
    for text, vector in zip(TEXTS, together, strict=True):
        assert embedder.vectors([text])[0].tobytes() == embedder.vector(text).tobytes() == vector.tobytes()


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("What kind of money do I need in Kenya?", "currency"),
        ("在肯尼亚用哪种钱", "currency"),
        ("What size is Kenya?", "area"),
        ("肯尼亚人说什么话", "languages"),
    ],
)
def test_a_property_is_found_by_what_is_meant(embedded: Path, question: str, wanted: str) -> None:
    with KnowledgeBase.open(embedded) as base:
        rows = [row for row in base.search(question) if row.kind == "fact"]
        assert rows[0].property_id == wanted == max(rows, key=lambda row: row.lead).property_id


def test_a_passage_is_found_without_a_word_in_common(embedded: Path) -> None:
    with KnowledgeBase.open(embedded) as base:
        rows = base.search("我的箱子最多能有多沉")
        assert rows[0].property.zh == "托运" and rows[0].fit == max(row.fit for row in rows) > 0


def test_a_value_that_the_question_names_is_marked_and_taken_for_what_it_is(embedded: Path) -> None:
    with KnowledgeBase.open(embedded) as base:
        for question in ("Who speaks Arabic in Chad, and what else?", "乍得除了阿拉伯语还说什么"):
            told = [row.property_id for row in base.search(question) if row.is_told]
            assert told == ["languages"]
        assert not any(row.is_told for row in base.search("the languages of Chad"))


def test_without_an_encoder_words_alone_are_searched(base: KnowledgeBase) -> None:
    assert base.search("What does a visa cost?")[0].fit > 0.5
    assert base.search("我的箱子最多能有多沉") == ()


def test_undoing_a_deleted_source_brings_its_vectors_back(embedded: Path) -> None:
    before = vectors(embedded)
    with KnowledgeBase.open(embedded, writable=True) as base:
        for source in ("countries.csv", "handbook/visas.md"):
            base.delete_source(source)
        gone = vectors(embedded)
        assert not gone["way"] and not gone["intent"] and len(gone["chunk_vector"]) == 1
        base.undo()
        base.undo()
    assert vectors(embedded) == before


def test_an_encoder_beside_the_base_is_the_one_used(embedded: Path, embedder: Embedder) -> None:
    beside = embedded.parent / ENCODER
    shutil.copytree(embedder.folder, beside)
    with KnowledgeBase.open(embedded) as base:
        assert len({row.fit for row in base.search("How big is Kenya?")}) > 1
    (beside / MODEL_FILES[1]).write_bytes(b"another")
    with pytest.raises(KnowledgeError, match="another encoder"):
        KnowledgeBase.open(embedded)
    (beside / MODEL_FILES[1]).unlink()
    with pytest.raises(KnowledgeError, match="cannot be read") as caught:
        KnowledgeBase.open(embedded)
    assert MODEL_FILES[1] in str(caught.value.where)
