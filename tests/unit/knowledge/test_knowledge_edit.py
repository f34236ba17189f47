import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from limbeck.core.errors import KnowledgeError
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.build import build
from limbeck.knowledge.evidence import Citation
from limbeck.knowledge.source import Source
from limbeck.knowledge.stated import Addition, Stated

QUESTIONS = (
    "capital of Chad",
    "乍得的首都",
    "neighbours of Libya",
    "visa desk opening hours",
    "托运行李",
    "area of the US",
)


@pytest.fixture
def open_base(base_path: Path) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.open(base_path, writable=True) as opened:
        yield opened


def answers(base: KnowledgeBase) -> list[object]:
    return [base.search(question) for question in QUESTIONS]


def test_a_set_value_is_the_next_answer_and_cites_the_edit(open_base: KnowledgeBase, base_path: Path) -> None:
    open_base.set("乍得", "首都", "Abéché")
    for question in ("capital of Chad", "乍得的首都"):
        best = open_base.search(question)[0]
        assert (best.value.en, best.value.zh) == ("Abéché", "Abéché")
        assert best.citation == Citation(source="edit", row=1)
    assert open_base.resolve(Citation(source="edit", row=1)) == "subject: Chad\ncapital: Abéché"
    with KnowledgeBase.open(base_path) as again:
        assert again.search("capital of Chad")[0].value.en == "Abéché"
        assert again.search("Which country's capital is Abéché?")[0].subject.en == "Chad"
        assert not again.search("Which country's capital is N'Djamena?")


def test_half_a_character_is_refused(open_base: KnowledgeBase) -> None:
    with pytest.raises(KnowledgeError, match="half a character"):
        open_base.set("Chad", "capital", "\ud800")
    with pytest.raises(KnowledgeError, match="half a character"):
        open_base.resolve(Citation(source="\ud800", row=1))


def test_a_value_that_is_set_takes_the_place_of_the_old(open_base: KnowledgeBase) -> None:
    for value in ("One", "Two", "Three"):
        open_base.set("Chad", "capital", value)
    open_base.add(Addition(subject="Chad", values=(Stated(property="capital", value="Zero"),)))
    assert open_base.search("capital of Chad")[0].value.en == "Three and Zero"
    query = "SELECT position FROM fact WHERE en IN ('Three', 'Zero') ORDER BY 1"
    assert open_base._connection.execute(query).fetchall() == [(1,), (2,)]


def test_one_language_can_be_set_alone(open_base: KnowledgeBase) -> None:
    open_base.set("Chad", "capital", "阿贝歇", "zh")
    best = open_base.search("capital of Chad")[0]
    assert (best.value.en, best.value.zh) == ("N'Djamena", "阿贝歇")


def test_a_known_value_comes_in_both_languages(open_base: KnowledgeBase) -> None:
    open_base.set("Chad", "languages", "English; French")
    open_base.set("Kenya", "neighbours", "Libya")
    assert open_base.search("languages of Chad")[0].value.zh == "英语、法语"
    assert open_base.search("neighbours of Kenya")[0].value.zh == "利比亚"


def test_a_set_number_keeps_its_unit(open_base: KnowledgeBase) -> None:
    open_base.set("Chad", "area", "7")
    assert open_base.search("area of Chad")[0].value.zh == "7平方公里"


def test_a_deleted_fact_is_gone(open_base: KnowledgeBase) -> None:
    open_base.delete("Chad", "capital")
    assert all(row.property_id != "capital" for row in open_base.search("capital of Chad"))
    with pytest.raises(KnowledgeError, match="nothing is known"):
        open_base.delete("Chad", "capital")
    open_base.set("Chad", "capital", "Moundou")
    assert open_base.search("capital of Chad")[0].value.en == "Moundou"


def test_undo_takes_back_every_edit_in_turn(open_base: KnowledgeBase) -> None:
    states = [(answers(open_base), open_base.schema(), open_base.stats())]
    edits: list[Callable[[], None]] = [
        lambda: open_base.set("Chad", "capital", "Abéché"),
        lambda: open_base.delete_source("countries.csv"),
        lambda: open_base.delete_source("handbook/visas.md"),
    ]
    open_base.delete("Libya", "neighbours")
    open_base.undo()
    for edit in edits:
        edit()
        states.append((answers(open_base), open_base.schema(), open_base.stats()))
    assert len({str(state) for state in states}) == 4
    names = ["delete source handbook/visas.md", "delete source countries.csv", "set Chad / capital"]
    for name in names:
        states.pop()
        assert open_base.undo() == (name,)
        assert (answers(open_base), open_base.schema(), open_base.stats()) == states[-1]
    with pytest.raises(KnowledgeError, match="no edit to undo"):
        open_base.undo()


def test_a_deleted_source_takes_only_what_it_alone_supported(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name,name_zh,capital\nChad,乍得,N'Djamena\nMali,马里,Bamako\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("name,capital,river\nChad,N'Djamena,Chari\nPeru,Lima,Amazon\n", encoding="utf-8")
    tables = [Source(kind="table", location=tmp_path / name, root=tmp_path) for name in ("a.csv", "b.csv")]
    build(tables, tmp_path / "k.sqlite")
    with KnowledgeBase.open(tmp_path / "k.sqlite", writable=True) as base:
        base.delete_source("b.csv")
        assert base.schema().entities == (("Chad", "乍得"), ("Mali", "马里"))
        assert [known.id for known in base.schema().properties] == ["capital"]
        assert base.search("capital of Chad")[0].citation == Citation(source="a.csv", row=1)
        assert base.search("Amazon river of Peru") == ()
        with pytest.raises(KnowledgeError, match="nothing stands"):
            base.resolve(Citation(source="b.csv", row=1))
        base.undo()
        base.delete_source("a.csv")
        assert base.search("capital of Chad")[0].citation == Citation(source="b.csv", row=1)
        assert [en for en, _ in base.schema().entities] == ["Chad", "Peru"]


def test_an_edited_fact_outlives_its_source(open_base: KnowledgeBase) -> None:
    open_base.set("Chad", "capital", "Abéché")
    open_base.delete_source("countries.csv")
    for name in ("Chad", "乍得", "TD"):
        best = open_base.search(f"capital of {name}")[0]
        assert (best.value.en, best.link) == ("Abéché", "named")
    assert open_base.schema().entities == (("Chad", "乍得"),)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (("set", "Chadd", "capital", "x"), "did you mean 'Chad'"),
        (("set", "Chad", "captal", "x"), "did you mean 'capital'"),
        (("set", "Chad", "capital", " "), "empty"),
        (("set", "Chad", "capital", "x", "fr"), "unknown language 'fr'"),
        (("delete", "Chad", "anthem"), "no property 'anthem'"),
        (("delete_source", "country.csv"), "did you mean 'countries.csv'"),
        (("delete_source", "edit"), "undo"),
    ],
)
def test_wrong_edits_say_what_is_near_and_change_nothing(
    open_base: KnowledgeBase, call: tuple[str, ...], said: str
) -> None:
    before = answers(open_base)
    with pytest.raises(KnowledgeError) as caught:
        getattr(open_base, call[0])(*call[1:])
    assert said in str(caught.value)
    assert answers(open_base) == before
    assert open_base.stats()["edit"] == 0


def test_a_base_open_for_reading_takes_no_edit(base: KnowledgeBase) -> None:
    with pytest.raises(KnowledgeError, match="reading only"):
        base.set("Chad", "capital", "x")


def test_a_second_editor_waits_or_is_told(base_path: Path, open_base: KnowledgeBase) -> None:
    with KnowledgeBase.open(base_path, writable=True) as other:
        other.set("Chad", "capital", "One")
        open_base.set("Chad", "currency", "Two")
        assert other.search("currency of Chad")[0].value.en == "Two"


def test_an_open_reader_sees_the_edits_of_others(base: KnowledgeBase, open_base: KnowledgeBase) -> None:
    assert base.search("capital of Chad")[0].value.en == "N'Djamena"
    open_base.set("Chad", "capital", "Abéché")
    assert base.search("capital of Chad")[0].value.en == "Abéché"
    open_base.delete_source("countries.csv")
    assert all(row.citation.source == "edit" for row in base.search("capital of Chad"))
    assert "Nairobi" not in str(base.search("capital of Kenya"))


def test_an_open_reader_learns_of_properties_that_come_back(base_path: Path, open_base: KnowledgeBase) -> None:
    open_base.delete_source("countries.csv")
    with KnowledgeBase.open(base_path) as reader:
        assert "capital" not in str(reader.search("capital of Chad"))
        open_base.undo()
        assert reader.search("capital of Chad")[0].match == "named"


_HALF_DONE = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.executescript("PRAGMA cache_size = 1; BEGIN;")
for table, column in (("fact", "en"), ("chunk", "text"), ("entity", "en"), ("alias", "name"), ("record", "text")):
    connection.execute(f"UPDATE {table} SET {column} = {column} || 'broken'")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_half_done_edit_is_rolled_back_at_the_next_opening(base_path: Path) -> None:
    subprocess.run([sys.executable, "-c", _HALF_DONE, str(base_path)], check=False)
    assert Path(f"{base_path}-journal").exists()
    assert b"broken" in base_path.read_bytes()
    with KnowledgeBase.open(base_path) as base:
        assert base.search("capital of Chad")[0].value.en == "N'Djamena"
    assert b"broken" not in base_path.read_bytes()


_EDITING = """
import sys
from pathlib import Path
from limbeck.knowledge.base import KnowledgeBase
with KnowledgeBase.open(Path(sys.argv[1]), writable=True) as base:
    for number in range(10_000):
        base.set("Chad", "capital", f"City {number}")
        print(number, flush=True)
"""


def test_a_kill_loses_no_acknowledged_edit(base_path: Path) -> None:
    for kill_after in (1, 4, 9):
        with subprocess.Popen([sys.executable, "-c", _EDITING, str(base_path)], stdout=subprocess.PIPE) as editor:
            assert editor.stdout is not None
            for _ in range(kill_after):
                editor.stdout.readline()
            editor.send_signal(signal.SIGKILL)
            acknowledged = kill_after - 1 + len(editor.stdout.read().splitlines())
        with KnowledgeBase.open(base_path) as base:
            shown = base.search("capital of Chad")[0]
            assert int(shown.value.en.removeprefix("City ")) in (acknowledged, acknowledged + 1)
            assert shown.value.en in base.resolve(shown.citation)
