"""How people ask for a passage, as its author wrote it: found by it, never told, and gone with its page."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from dump import dump

from limbeck.core.errors import SourceError
from limbeck.corpus.ways_to_ask import Way
from limbeck.knowledge import intent_rows
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.build import build
from limbeck.knowledge.embedder import shipped
from limbeck.knowledge.forgetting import forget
from limbeck.knowledge.integrity import check_file
from limbeck.knowledge.intents import Intents, fit
from limbeck.knowledge.source import AskedRead, ChunkRead, Source
from limbeck.knowledge.sources.markdown import read
from limbeck.knowledge.word_vectors import Vectors

WORDINGS = ("how heavy may my suitcase be", "Is my trunk too fat?", "箱子多沉算超", "kilos?", "can i bring two")
BAGS = f"""# Baggage

## Allowance

<!-- asked
{WORDINGS[0]}
- {WORDINGS[1]}

{WORDINGS[2]}
{WORDINGS[0]}
{WORDINGS[3]}
{WORDINGS[4]}
-->

Each traveller may check in one piece of 23 kg.

<!-- a note that nobody asks for -->

A second piece costs 45 euros.

## Lost pieces

Report it at the counter.
"""
FEES = "# Fees\n\n## Visa\n\n<!-- asked\nKILOS\nwhat do i pay for the stamp\n-->\n\nA visa costs 40 euros.\n"
Made = Callable[..., Path]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """Build a base of pages, by their names."""

    def make(*, vectors: bool, **pages: str) -> Path:
        sources = []
        for name, text in pages.items():
            (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
            sources.append(Source(kind="markdown", location=tmp_path / f"{name}.md", root=tmp_path))
        build(sources, tmp_path / "k.sqlite", embedder=shipped() if vectors else None)
        return tmp_path / "k.sqlite"

    return make


def test_wordings_are_read_and_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "bags.md").write_text(BAGS, encoding="utf-8")
    records = list(read(tmp_path / "bags.md", {}))
    assert [record for record in records if isinstance(record, AskedRead)] == [
        AskedRead(heading="Allowance", texts=WORDINGS)
    ]
    texts = [record.text for record in records if isinstance(record, ChunkRead)]
    assert texts == [
        "Each traveller may check in one piece of 23 kg.",
        "A second piece costs 45 euros.",
        "Report it at the counter.",
    ]


@pytest.mark.parametrize("vectors", [False, True])
def test_a_passage_is_found_by_how_people_ask_for_it(made: Made, vectors: bool) -> None:
    bare = BAGS.replace("<!-- asked", "<!-- not so")
    with KnowledgeBase.open(made(vectors=vectors, bags=bare)) as base:
        before = {row.property.en: row.fit for row in base.search("is the trunk too fat")}
    with KnowledgeBase.open(made(vectors=vectors, bags=BAGS, fees=FEES)) as base:
        found = base.search("is the trunk too fat")
        assert found[0].property.en == "Allowance"
        assert found[0].fit > before.get("Allowance", 0.0) + 0.2
        assert base.search("what must i pay for the stamp")[0].property.en == "Visa"


@pytest.mark.parametrize("vectors", [False, True])
def test_a_wording_goes_with_its_page_and_comes_back(made: Made, vectors: bool) -> None:
    path = made(vectors=vectors, bags=BAGS, fees=FEES)
    before = dump(path)
    assert len(before["asked"]) == 6 and before["way"]
    with KnowledgeBase.open(path, writable=True) as base:
        base.delete_source("bags.md")
        left = dump(path)
        assert [text for *_, text in left["asked"]] == ["what do i pay for the stamp"]
        assert check_file(path) == ()
        base.delete_source("fees.md")
        assert not dump(path)["intent"]
        base.undo(2)
    assert dump(path) == before


def test_an_edit_fits_only_what_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bags.md").write_text(BAGS, encoding="utf-8")
    (tmp_path / "towns.csv").write_text("country,capital\nChad,N'Djamena\n", encoding="utf-8")
    kinds = {"bags.md": "markdown", "towns.csv": "table"}
    sources = [Source(kind=kind, location=tmp_path / name, root=tmp_path) for name, kind in kinds.items()]
    build(sources, tmp_path / "k.sqlite")
    before, fitted = dump(tmp_path / "k.sqlite"), []

    def counted(classes: Sequence[int], ways: Sequence[Way], vectors_WD: Vectors) -> Intents:
        fitted.append(classes)
        return fit(classes, ways, vectors_WD)

    monkeypatch.setattr(intent_rows, "fit", counted)
    with KnowledgeBase.open(tmp_path / "k.sqlite", writable=True) as base:
        base.delete_source("bags.md")
        assert fitted == [] and "capital" in {row.property_id for row in base.search("seat of Chad's capital")}
        base.undo()
    assert len(fitted) == 1 and dump(tmp_path / "k.sqlite") == before


def test_a_fold_of_the_wordings_can_be_forgotten(made: Made, tmp_path: Path) -> None:
    path = made(vectors=True, bags=BAGS, fees=FEES)
    with KnowledgeBase.open(path) as knows, forget(path, tmp_path / "o.sqlite", 1) as forgot:
        fits = [max(row.fit for row in base.search(WORDINGS[1])) for base in (knows, forgot)]
    assert fits[0] > fits[1] + 0.1


def test_what_asks_for_nothing_or_for_two_is_left_out_and_counted(tmp_path: Path) -> None:
    page = "# Fees\n\n## Empty\n\n<!-- asked\nhow much\n-->\n\n## Visa\n\nA visa costs 40 euros.\n"
    sources = []
    for name, text in {"bags": BAGS, "fees": FEES, "page": page}.items():
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
        sources.append(Source(kind="markdown", location=tmp_path / f"{name}.md", root=tmp_path))
    report = build(sources, tmp_path / "k.sqlite")
    dropped = {source.name: source.dropped for source in report.sources}
    assert dropped["fees.md"] == {"wording that asks for another passage already": 1}
    assert dropped["page.md"] == {"wording that asks for no text": 1}


def test_a_comment_that_is_not_closed_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "bags.md").write_text(BAGS.replace("-->", "->", 1).replace(" -->", ""), encoding="utf-8")
    with pytest.raises(SourceError, match="is not closed") as caught:
        list(read(tmp_path / "bags.md", {}))
    assert str(caught.value.where).endswith("bags.md:5")
