"""What every kind of knowledge source must keep; a new file in the folder is tested without an edit here."""

from pathlib import Path

import pytest

from limbeck.core.errors import SourceError
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.build import build
from limbeck.knowledge.source import ChunkRead, FileRead, PropertyRead, RowRead, Source, read_source
from limbeck.recipe.families import SOURCES

FACTS = "name,name_zh,capital,capital_zh\nChad,乍得,N'Djamena,恩贾梅纳\nKenya,肯尼亚,Nairobi,内罗毕\n"
EXPORTED = (
    "subject_en,subject_zh,property,property_en,property_zh,value_en,value_zh\n"
    "Chad,乍得,capital,capital,首都,N'Djamena,恩贾梅纳\nKenya,肯尼亚,capital,capital,首都,Nairobi,内罗毕\n"
)
PROSE = "# Desk\n\n## Hours\n\nThe desk is open from nine.\n\n## 行李\n\n每位旅客可以托运一件行李。\n"


@pytest.fixture(params=SOURCES.names())
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    """One small valid input of a kind, written by what the kind says of itself."""
    module = SOURCES.load(request.param)
    path = tmp_path / "docs" / f"one{module.ENDINGS[0]}"
    path.parent.mkdir()
    text = EXPORTED if request.param == "facts" else FACTS if module.HOLDS_FACTS else PROSE
    path.write_text(text.replace(",", "\t") if module.ENDINGS[0] == ".tsv" else text, encoding="utf-8")
    return Source(kind=request.param, location=path.parent, root=tmp_path)


def test_it_begins_each_file_and_yields_what_it_holds(source: Source) -> None:
    records = list(read_source(source))
    assert isinstance(records[0], FileRead)
    if SOURCES.load(source.kind).HOLDS_FACTS:
        declared = {record.property.id for record in records if isinstance(record, PropertyRead)}
        rows = [record for record in records if isinstance(record, RowRead)]
        assert [row.number for row in rows] == [1, 2]
        assert all(set(row.values) <= declared for row in rows)
    else:
        assert any(isinstance(record, ChunkRead) for record in records)


def test_a_second_read_is_the_same(source: Source) -> None:
    assert list(read_source(source)) == list(read_source(source))


def test_the_digest_follows_the_content(source: Source) -> None:
    before = next(record for record in read_source(source) if isinstance(record, FileRead))
    before.path.write_text(before.path.read_text(encoding="utf-8").replace("e", "E"), encoding="utf-8")
    after = next(record for record in read_source(source) if isinstance(record, FileRead))
    assert before.path == after.path
    assert before.digest != after.digest


def test_every_citation_resolves(source: Source, tmp_path: Path) -> None:
    build([source], tmp_path / "k.sqlite")
    found = 0
    with KnowledgeBase.open(tmp_path / "k.sqlite") as base:
        for question in ("capital of Chad and Kenya", "When is the desk open?", "可以托运几件行李？"):
            for row in base.search(question):
                text = base.resolve(row.citation)
                assert row.citation.source.startswith("docs/one")
                original = (tmp_path / row.citation.source).read_text(encoding="utf-8")
                assert row.value.en in text
                assert row.value.en in original
                found += 1
    assert found


@pytest.mark.parametrize("content", [b"", b" \n", bytes(range(256)) * 64])
def test_broken_input_names_the_file(source: Source, content: bytes) -> None:
    path = next(source.location.iterdir())
    path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        list(read_source(source))
    assert path.name in str(caught.value)
    assert caught.value.fix


def test_a_missing_place_is_named(source: Source, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        list(read_source(Source(kind=source.kind, location=tmp_path / "nowhere", root=tmp_path)))
    assert "nowhere" in str(caught.value)


def test_unknown_options_are_refused(source: Source) -> None:
    wrong = Source(kind=source.kind, location=source.location, root=source.root, options={"maping": "x"})
    with pytest.raises(SourceError, match="maping"):
        list(read_source(wrong))
