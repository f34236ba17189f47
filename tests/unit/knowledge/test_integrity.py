"""`kb check`: a whole base has no fault, and every kind of damage is found and named."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from limbeck.core.errors import KnowledgeError
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.build import build
from limbeck.knowledge.embedder import shipped
from limbeck.knowledge.integrity import CHECKS, check_file
from limbeck.knowledge.source import Source

DAMAGE = {
    "tables": "DROP INDEX fact_by_en",
    "references": "DELETE FROM record WHERE row = 2",
    "facts": "UPDATE fact SET valid_from = '2027-13-01' WHERE id = 3",
    "citations": "UPDATE chunk SET text = 'The visa desk is shut.' WHERE id = 2",
    "words": "UPDATE fact SET en = 'Moundou' WHERE id = 2",
    "vectors": "DELETE FROM chunk_vector WHERE id = 1",
    "log": "UPDATE fact_source SET row = 1 WHERE fact_id = (SELECT max(id) FROM fact)",
}
OTHERS = {
    "facts": "DELETE FROM fact_source WHERE fact_id = 2",
    "citations": "UPDATE chunk SET stop = stop + 1",
    "words": "DELETE FROM chunk_words WHERE rowid = 1",
    "vectors": "DELETE FROM way WHERE id = 3",
    "log": "DELETE FROM log WHERE id = 1",
}


@pytest.fixture
def edited(folder: Path, sources: list[Source]) -> Path:
    """A base with vectors and two edits."""
    path = folder / "knowledge.sqlite"
    build(sources, path, embedder=shipped())
    with KnowledgeBase.open(path, writable=True) as base:
        base.set("Kenya", "capital", "Kisumu")
        base.set("Chad", "capital", "Abéché")
    return path


def damage(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()


def test_a_whole_base_has_no_fault(edited: Path) -> None:
    before = edited.read_bytes()
    assert check_file(edited) == ()
    assert edited.read_bytes() == before


@pytest.mark.parametrize(("check", "statement"), [*DAMAGE.items(), *OTHERS.items()])
def test_damage_is_found_by_its_check(edited: Path, check: str, statement: str) -> None:
    damage(edited, statement)
    faults = check_file(edited)
    assert check in {fault.check for fault in faults}, faults
    assert all(fault.what and fault.fix for fault in faults)


def test_every_check_is_damaged_once_here() -> None:
    assert {"pages", *DAMAGE} == set(CHECKS)


def test_a_page_that_was_written_over_is_found(edited: Path) -> None:
    data = bytearray(edited.read_bytes())
    data[4096 * 5 : 4096 * 6] = bytes(4096)
    edited.write_bytes(data)
    assert {fault.check for fault in check_file(edited)} == {"pages"}


def test_a_file_that_was_cut_short_is_found(edited: Path) -> None:
    edited.write_bytes(edited.read_bytes()[:-8192])
    assert {fault.check for fault in check_file(edited)} == {"pages"}


def test_vectors_without_an_encoder_are_found(edited: Path) -> None:
    damage(edited, "DELETE FROM encoder")
    assert [fault.what for fault in check_file(edited)] == [
        "there are vectors of passages and no encoder is named",
        "there are vectors of ways to ask and no encoder is named",
    ]


def test_a_base_that_is_kept_busy_is_not_called_damaged(edited: Path) -> None:
    with closing(sqlite3.connect(edited, isolation_level=None)) as editor, pytest.MonkeyPatch.context() as patched:
        connect = sqlite3.connect
        patched.setattr(sqlite3, "connect", lambda *given, **options: connect(*given, **{**options, "timeout": 0}))
        editor.execute("BEGIN EXCLUSIVE")
        with pytest.raises(KnowledgeError, match="cannot be read now"):
            check_file(edited)


def test_what_is_no_knowledge_base_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.sqlite").write_bytes(b"x" * 5000)
    with pytest.raises(KnowledgeError):
        check_file(tmp_path / "x.sqlite")
    with closing(sqlite3.connect(tmp_path / "y.sqlite")) as connection:
        connection.execute("CREATE TABLE fact (id)")
    with pytest.raises(KnowledgeError, match="not a knowledge base"):
        check_file(tmp_path / "y.sqlite")
