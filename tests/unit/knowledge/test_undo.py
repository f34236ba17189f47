"""Undo restores every table, whatever was done and in whatever order."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from dump import dump

from limbeck.core.errors import KnowledgeError
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.build import build
from limbeck.knowledge.embedder import shipped
from limbeck.knowledge.integrity import check_file
from limbeck.knowledge.source import Source
from limbeck.knowledge.stated import Addition, Stated
from limbeck.knowledge.validity import Validity

SUBJECTS = ("Chad", "乍得", "Kenya", "Libya", "the United States", "Nowhere 1", "Nowhere 2")
PROPERTIES = ("capital", "currency", "neighbours", "area", "语言")
VALUES = ("Abéché", "Libya", "7", "English; French", "法语", "N'Djamena")
DAYS = ("", "2026-01-01", "2027-06-30", "2030-12-31")
SOURCES = ("countries.csv", "handbook/visas.md", "handbook/baggage.zh.md", "edit")
Edit = Callable[[KnowledgeBase, random.Random], object]


def _valid(rng: random.Random) -> Validity:
    return Validity.of(*sorted((rng.choice(DAYS), rng.choice(DAYS[1:]))))


def _set(base: KnowledgeBase, rng: random.Random) -> None:
    language = rng.choice((None, None, "en", "zh"))
    base.set(rng.choice(SUBJECTS), rng.choice(PROPERTIES), rng.choice(VALUES), language, valid=_valid(rng))


def _add(base: KnowledgeBase, rng: random.Random) -> None:
    subject, is_new = rng.choice(SUBJECTS), rng.random() < 0.4
    stated = tuple(Stated(property=rng.choice(PROPERTIES), value=rng.choice(VALUES)) for _ in range(rng.randint(1, 3)))
    names = ("无处", "NW") if is_new else ()
    base.add(
        Addition(subject=subject, values=stated, is_new=is_new, names=names, kind="place"[: 5 * is_new]),
        valid=_valid(rng),
    )


EDITS: tuple[Edit, ...] = (
    _set,
    _set,
    _add,
    _add,
    lambda base, rng: base.delete(rng.choice(SUBJECTS), rng.choice(PROPERTIES)),
    lambda base, rng: base.delete(rng.choice(SUBJECTS), rng.choice(PROPERTIES)),
    lambda base, rng: base.delete_source(rng.choice(SOURCES)),
)


@pytest.mark.parametrize("seed", range(4))
def test_undo_restores_every_table_after_random_edits(base_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    with KnowledgeBase.open(base_path, writable=True) as base:
        states = [dump(base_path)]
        kinds = set()
        for _ in range(25):
            if len(states) > 1 and rng.random() < 0.25:
                count = rng.randint(1, min(3, len(states) - 1))
                base.undo(count)
                del states[-count:]
                assert dump(base_path) == states[-1]
                continue
            edit = rng.choice(EDITS)
            try:
                edit(base, rng)
            except KnowledgeError:
                assert dump(base_path) == states[-1]
                continue
            kinds.add(EDITS.index(edit))
            states.append(dump(base_path))
        assert len(kinds) >= 3
        assert check_file(base_path) == ()
        if len(states) > 1:
            base.undo(len(states) - 1)
        assert dump(base_path) == states[0]
        assert check_file(base_path) == ()
        with pytest.raises(KnowledgeError, match="no edit to undo"):
            base.undo()
        with pytest.raises(KnowledgeError, match="cannot take back -1"):
            base.undo(-1)


def test_undo_restores_vectors_too(folder: Path, sources: list[Source]) -> None:
    path = folder / "knowledge.sqlite"
    build(sources, path, embedder=shipped())
    before = dump(path)
    assert before["way"] and before["intent"] and before["chunk_vector"]
    with KnowledgeBase.open(path, writable=True) as base:
        base.set("Chad", "capital", "Abéché")
        base.delete_source("countries.csv")
        base.delete_source("handbook/visas.md")
        assert check_file(path) == ()
        base.undo(3)
    assert dump(path) == before


def test_undo_of_more_than_there_is_takes_back_nothing(base_path: Path) -> None:
    with KnowledgeBase.open(base_path, writable=True) as base:
        base.set("Chad", "capital", "Abéché")
        base.delete("Kenya", "capital")
        after = dump(base_path)
        with pytest.raises(KnowledgeError, match="there are only 2 of 3 edits"):
            base.undo(3)
        assert dump(base_path) == after
        assert base.undo(2) == ("delete Kenya / capital", "set Chad / capital")


def test_the_number_of_an_edit_is_never_used_again(base_path: Path) -> None:
    with KnowledgeBase.open(base_path, writable=True) as base:
        base.set("Chad", "capital", "One")
        base.undo()
        base.set("Chad", "capital", "Two")
        assert base.search("capital of Chad")[0].citation.row == 2
