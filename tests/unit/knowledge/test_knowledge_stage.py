"""The knowledge stage of a run: every kind of source in one base, its facts apart, and what its key rests on."""

import json
from pathlib import Path

import pytest

from documents import paragraph, write_database, write_docx, write_pdf
from limbeck.core.progress import silent
from limbeck.core.stage import Stage, StageContext
from limbeck.knowledge.base import KnowledgeBase
from limbeck.pipeline import stages
from limbeck.recipe.load import load_recipe

RECIPE = """name = "desk"
base = "tiny"
[[knowledge]]
location = "docs"
[[knowledge]]
location = "rooms.sql"
database = "rooms.db"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    write_pdf(tmp_path / "docs/a.pdf", [["The boiler holds 40 litres."]])
    write_docx(tmp_path / "docs/b.docx", paragraph("Keys", "1") + paragraph("The porter has the keys."))
    (tmp_path / "docs/c.html").write_text("<h1>Parking</h1><p>Park behind the house.</p><script>x</script>")
    write_database(tmp_path / "rooms.db", "CREATE TABLE room (name, seats); INSERT INTO room VALUES ('Aurora', 12);")
    (tmp_path / "rooms.sql").write_text("SELECT * FROM room")
    (tmp_path / "limbeck.toml").write_text(RECIPE)
    return tmp_path


def stage(folder: Path) -> Stage:
    return stages(load_recipe(folder))[0]


def test_every_kind_of_source_goes_into_one_base(folder: Path) -> None:
    out = folder / "out"
    out.mkdir()
    stage(folder).run(
        StageContext(out=out, partial=folder / "partial", inputs={}, progress=silent, should_stop=lambda: False)
    )
    report = json.loads((out / "sources.json").read_text())
    kinds = {source["name"]: source["kind"] for source in report["sources"]}
    assert kinds == {"docs/a.pdf": "pdf", "docs/b.docx": "docx", "docs/c.html": "html", "rooms.sql": "sql"}
    assert report["dropped"] == {"<script>": 1}
    with KnowledgeBase.open(out / "tables.sqlite") as tables:
        assert (tables.stats()["source"], tables.stats()["fact"], tables.stats()["chunk"]) == (1, 1, 0)
    with KnowledgeBase.open(out / "knowledge.sqlite") as base:
        assert base.search("Who has the keys?")[0].citation.source == "docs/b.docx"


def test_the_key_rests_on_the_database_and_on_the_libraries_that_read(folder: Path) -> None:
    found = stage(folder)
    assert folder / "rooms.db" in found.files
    assert {"pypdf", "mammoth", "selectolax", "SQLAlchemy"} <= set(found.environment)
    (folder / "limbeck.toml").write_text('name = "desk"\nbase = "tiny"\n[[knowledge]]\nlocation = "t.md"\n')
    (folder / "t.md").write_text("text")
    assert stage(folder).environment == {}
