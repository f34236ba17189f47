import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from limbeck.core.errors import KnowledgeError, LimbeckError, MachineError, SourceError
from limbeck.corpus.schema import Schema
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.build import build
from limbeck.knowledge.evidence import Citation
from limbeck.knowledge.source import Source


def test_the_same_sources_give_the_same_bytes(sources: list[Source], tmp_path: Path) -> None:
    build(sources, tmp_path / "one" / "a.sqlite")
    build(sources, tmp_path / "two" / "b.sqlite")
    assert (tmp_path / "one" / "a.sqlite").read_bytes() == (tmp_path / "two" / "b.sqlite").read_bytes()


def test_bytes_do_not_depend_on_the_hash_seed(base_path: Path, folder: Path) -> None:
    script = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from limbeck.knowledge.build import build
from limbeck.knowledge.source import Source
root = Path(sys.argv[1])
table = Source(kind="table", location=root / "countries.csv", root=root, options={"mapping": "countries.toml"})
build([table, Source(kind="markdown", location=root / "handbook", root=root)], root / "again.sqlite")
"""
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", script, str(folder)], check=True, env=environment)
    assert (folder / "again.sqlite").read_bytes() == base_path.read_bytes()


def test_the_report_counts_what_came_in(sources: list[Source], tmp_path: Path) -> None:
    heard: list[tuple[int, int, str]] = []
    report = build(
        sources, tmp_path / "k.sqlite", progress=lambda done, total, note="": heard.append((done, total, note))
    )
    assert [source.name for source in report.sources] == [
        "countries.csv",
        "handbook/baggage.zh.md",
        "handbook/visas.md",
    ]
    assert (report.rows, report.facts, report.chunks, report.entities, report.properties) == (5, 25, 3, 5, 5)
    assert report.to_json()["sources"][0]["rows"] == 5
    assert [each[:2] for each in heard] == [(0, 2), (1, 2), (2, 2)]


def test_a_failed_build_leaves_nothing_and_keeps_the_old_base(base_path: Path, sources: list[Source]) -> None:
    before = base_path.read_bytes()
    (base_path.parent / "countries.csv").write_text("name,a\nChad\n", encoding="utf-8")
    with pytest.raises(SourceError):
        build(sources, base_path)
    assert base_path.read_bytes() == before
    assert sorted(path.suffix for path in base_path.parent.glob("*sqlite*")) == [".sqlite"]


def test_a_file_read_twice_and_an_unknown_kind_are_refused(sources: list[Source], tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="read twice") as caught:
        build([sources[1], sources[0], sources[1]], tmp_path / "k.sqlite")
    assert "handbook/baggage.zh.md" in str(caught.value)
    with pytest.raises(LimbeckError, match="markdwn"):
        build([Source(kind="markdwn", location=tmp_path, root=tmp_path)], tmp_path / "k.sqlite")


def test_no_source_makes_an_empty_base(tmp_path: Path) -> None:
    build([], tmp_path / "k.sqlite")
    with KnowledgeBase.open(tmp_path / "k.sqlite") as base:
        assert base.search("capital of Chad", ["Kenya"]) == ()
        assert base.schema() == Schema(kinds=(), properties=(), entities=())


def test_two_tables_speak_of_one_subject(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name,name_zh,capital\nChad,乍得,N'Djamena\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text(
        "name,capital,river\nthe chad,N'Djamena,Chari\nMali,Bamako,Niger\n", encoding="utf-8"
    )
    tables = [Source(kind="table", location=tmp_path / name, root=tmp_path) for name in ("a.csv", "b.csv")]
    assert build(tables, tmp_path / "k.sqlite").entities == 2
    with KnowledgeBase.open(tmp_path / "k.sqlite") as base:
        assert base.search("乍得 river")[0].citation == Citation(source="b.csv", row=1)
        assert base.search("capital of Chad")[0].value.en == "N'Djamena"
        assert base.stats()["fact"] == 4


def test_every_citation_resolves(base: KnowledgeBase, folder: Path) -> None:
    for question in ("Chad", "visa desk opening hours and fees", "可以托运几件行李", "美国"):
        for row in base.search(question):
            text = base.resolve(row.citation)
            if row.citation.span:
                page = (folder / row.citation.source).read_text(encoding="utf-8")
                assert text == page[slice(*row.citation.span)] == row.value.en
            else:
                assert f"name: {row.subject.en}" in text


@pytest.mark.parametrize(
    "citation",
    [
        Citation(source="countries.csv", row=99),
        Citation(source="none.csv", row=1),
        Citation(source="handbook/visas.md", span=(0, 3)),
        Citation(source="handbook/visas.md"),
    ],
)
def test_a_citation_of_nothing_is_an_error(base: KnowledgeBase, citation: Citation) -> None:
    with pytest.raises(KnowledgeError, match="nothing stands"):
        base.resolve(citation)


def test_the_schema_survives_json(base: KnowledgeBase) -> None:
    assert Schema.from_json(base.schema().to_json()) == base.schema()


def test_stats_count_the_tables(base: KnowledgeBase) -> None:
    assert base.stats() == {
        "source": 3,
        "chunk": 3,
        "entity": 5,
        "alias": 18,
        "property": 5,
        "fact": 25,
        "edit": 0,
    }


def test_what_is_no_knowledge_base_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello " * 1000)
    sqlite3.connect(tmp_path / "other.sqlite").execute("CREATE TABLE a (b)").connection.close()
    (tmp_path / "empty").touch()
    for name in ("none", "text", "other.sqlite", "empty", "."):
        for writable in (False, True):
            with pytest.raises(KnowledgeError) as caught:
                KnowledgeBase.open(tmp_path / name, writable=writable)
            assert "fix:" in str(caught.value)


def test_a_truncated_base_is_refused_or_fails_cleanly(base_path: Path) -> None:
    data = base_path.read_bytes()
    base_path.write_bytes(data[: len(data) // 3])
    with pytest.raises(KnowledgeError), KnowledgeBase.open(base_path) as base:
        base.search("capital of Chad")


def test_a_base_damaged_inside_says_so(base_path: Path) -> None:
    data = bytearray(base_path.read_bytes())
    data[8192:] = b"\xff" * (len(data) - 8192)
    base_path.write_bytes(data)
    with pytest.raises(KnowledgeError) as caught, KnowledgeBase.open(base_path) as base:
        base.search("capital of Chad")
    assert "build it again" in str(caught.value)


def test_a_full_disk_leaves_the_old_base(base_path: Path, folder: Path) -> None:
    before = base_path.read_bytes()
    script = f"""
import resource
from pathlib import Path
from limbeck.core.errors import MachineError
from limbeck.knowledge.build import build
from limbeck.knowledge.source import Source
root = Path({str(folder)!r})
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    build([Source(kind="markdown", location=root / "handbook", root=root)], root / "knowledge.sqlite")
except MachineError as error:
    assert "cannot be written" in str(error)
    raise SystemExit(4)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 4
    assert base_path.read_bytes() == before
    assert not list(folder.glob(".knowledge*"))


def test_a_place_that_cannot_be_is_named(folder: Path, sources: list[Source]) -> None:
    with pytest.raises(MachineError, match="cannot be written"):
        build(sources, folder / "countries.csv" / "k.sqlite")


def test_a_base_serves_several_threads(base: KnowledgeBase) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(base.search, ["capital of Chad", "乍得的首都", "visa fees"] * 20))
    assert found[::3] == [found[0]] * 20
    assert found[2::3] == [found[2]] * 20


def test_a_read_only_file_and_folder_are_enough(base_path: Path) -> None:
    base_path.chmod(0o444)
    base_path.parent.chmod(0o555)
    try:
        with KnowledgeBase.open(base_path) as base:
            assert base.search("capital of Chad")[0].value.en == "N'Djamena"
    finally:
        base_path.parent.chmod(0o755)


def test_the_run_side_loads_no_heavy_library(base_path: Path) -> None:
    script = f"""
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from limbeck.knowledge.base import KnowledgeBase
KnowledgeBase.open(Path({str(base_path)!r})).search("capital of Chad")
assert not {{"torch", "transformers", "markdown_it", "charset_normalizer"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], check=True)
