"""What every kind of knowledge source must keep; a new file in the folder is tested without an edit here."""

from pathlib import Path

import pytest

from documents import paragraph, write_docx, write_pdf, write_sample
from limbeck.core.errors import SourceError
from limbeck.corpus.language import language_of
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.build import build
from limbeck.knowledge.decode import read_text
from limbeck.knowledge.evidence import Citation
from limbeck.knowledge.source import ChunkRead, FileRead, PropertyRead, Record, RowRead, Source, read_source
from limbeck.recipe.families import SOURCES


def write(kind: str, root: Path, *, changed: bool = False) -> Source:
    """One small valid input of a kind: a sample of its own, or plain text under its first ending."""
    endings = getattr(SOURCES.load(kind), "ENDINGS", ("",))
    options = write_sample(kind, root, ending=endings[0], changed=changed)
    return Source(kind=kind, location=root / "docs", root=root, options=options)


@pytest.fixture(params=SOURCES.names())
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    return write(request.param, tmp_path)


def digests(source: Source) -> list[tuple[Path, str]]:
    return [(record.path, record.digest) for record in read_source(source) if isinstance(record, FileRead)]


def said(record: Record) -> str:
    return record.text if isinstance(record, ChunkRead | RowRead) else ""


def test_it_begins_each_file_and_yields_what_it_holds(source: Source) -> None:
    records = list(read_source(source))
    assert isinstance(records[0], FileRead)
    if SOURCES.load(source.kind).HOLDS_FACTS:
        declared = {record.property.id for record in records if isinstance(record, PropertyRead)}
        rows = [record for record in records if isinstance(record, RowRead)]
        assert [row.number for row in rows] == [1, 2]
        assert all(set(row.values) <= declared for row in rows)
        assert [(row.subject.en, row.subject.zh) for row in rows] == [("Chad", "乍得"), ("Kenya", "肯尼亚")]
    else:
        chunks = [record for record in records if isinstance(record, ChunkRead)]
        assert {chunk.language for chunk in chunks} == {"en", "zh"}
        for chunk in chunks:
            assert chunk.stop - chunk.start == len(chunk.text)
            assert chunk.language == language_of(chunk.text)


def test_a_second_read_is_the_same(source: Source) -> None:
    assert list(read_source(source)) == list(read_source(source))


def test_the_digest_follows_the_content(source: Source, tmp_path: Path) -> None:
    before = digests(source)
    changed = digests(write(source.kind, tmp_path, changed=True))
    assert [path for path, _ in before] == [path for path, _ in changed]
    assert [digest for _, digest in before] != [digest for _, digest in changed]
    assert digests(write(source.kind, tmp_path)) == before


def test_every_citation_resolves(source: Source, tmp_path: Path) -> None:
    build([source], tmp_path / "k.sqlite")
    whole = "\n".join(said(record) for record in read_source(source))
    found = 0
    with KnowledgeBase.open(tmp_path / "k.sqlite") as base:
        for question in ("capital of Chad and Kenya", "When is the desk open?", "可以托运几件行李？"):
            for row in base.search(question):
                text = base.resolve(row.citation)
                assert row.citation.source.startswith("docs/one")
                assert row.value.en in text
                assert text in whole
                found += 1
    assert found


def test_the_report_says_what_came_in(source: Source, tmp_path: Path) -> None:
    report = build([source], tmp_path / "k.sqlite").to_json()
    (one,) = report["sources"]
    assert (one["kind"], one["name"].startswith("docs/one")) == (source.kind, True)
    assert one["rows"] + one["chunks"] >= 1
    assert all(count > 0 for count in one["dropped"].values())


@pytest.mark.parametrize("content", [b"", b" \n", bytes(range(256)) * 64, b"PK\x03\x04" + bytes(500), b"%PDF-1.7\n%x"])
def test_broken_input_names_the_file(source: Source, content: bytes) -> None:
    path = next(source.location.iterdir())
    path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        list(read_source(source))
    assert path.name in str(caught.value)
    assert caught.value.fix


def test_a_file_cut_short_never_shows_a_traceback(source: Source) -> None:
    path = next(source.location.iterdir())
    data = path.read_bytes()
    for share in (0.2, 0.5, 0.9):
        path.write_bytes(data[: int(len(data) * share)])
        try:
            list(read_source(source))
        except SourceError as error:
            assert path.name in str(error)


def test_a_missing_place_is_named(source: Source, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        list(read_source(Source(kind=source.kind, location=tmp_path / "nowhere", root=tmp_path)))
    assert "nowhere" in str(caught.value)


def test_unknown_options_are_refused(source: Source) -> None:
    wrong = Source(kind=source.kind, location=source.location, root=source.root, options={"maping": "x"})
    with pytest.raises(SourceError, match="maping"):
        list(read_source(wrong))


def test_the_spans_of_text_files_are_those_of_the_file(source: Source) -> None:
    for path, _ in digests(source):
        if path.suffix in (".md", ".txt"):
            text = read_text(path).characters
            chunks = [record for record in read_source(source) if isinstance(record, ChunkRead)]
            assert all(text[chunk.start : chunk.stop] == chunk.text for chunk in chunks)


def test_show_knows_every_place(source: Source, tmp_path: Path) -> None:
    build([source], tmp_path / "k.sqlite")
    with KnowledgeBase.open(tmp_path / "k.sqlite") as base:
        for record in read_source(source):
            if isinstance(record, FileRead):
                name = record.path.relative_to(tmp_path).as_posix()
            elif isinstance(record, ChunkRead):
                assert base.resolve(Citation(source=name, span=(record.start, record.stop))) == record.text
            elif isinstance(record, RowRead):
                assert base.resolve(Citation(source=name, row=record.number)) == record.text


def test_every_ending_refuses_what_it_does_not_hold(source: Source, tmp_path: Path) -> None:
    module = SOURCES.load(source.kind)
    write_pdf(tmp_path / "a.pdf", [["Text."]])
    write_docx(tmp_path / "a.docx", paragraph("Text."))
    others = {kind: (tmp_path / f"a.{kind}").read_bytes() for kind in ("pdf", "docx") if kind != source.kind}
    for ending in (*getattr(module, "ENDINGS", ()), *getattr(module, "SHARED_ENDINGS", ())):
        for name, content in {"empty": b"", "junk": bytes(range(256)) * 64, **others}.items():
            path = tmp_path / f"{name}{ending}"
            path.write_bytes(content)
            with pytest.raises(SourceError) as caught:
                list(read_source(Source(kind=source.kind, location=path, root=tmp_path, options=source.options)))
            assert path.name in str(caught.value)
