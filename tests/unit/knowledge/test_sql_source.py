"""SQL: a query's rows as a table; a database that goes away midway leaves what was there before."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from documents import write_database
from limbeck.core.errors import MachineError, SourceError
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.build import build
from limbeck.knowledge.source import FileRead, RowRead, Source, read_source

ROOMS = """CREATE TABLE room (name TEXT, name_zh TEXT, seats INTEGER, fee REAL, picture BLOB);
INSERT INTO room VALUES ('Aurora', '极光厅', 12, 9.5, NULL), ('Polaris', '北辰厅', 40, 12.0, NULL);"""
QUERY = "SELECT name, name_zh, seats, fee FROM room ORDER BY name;"
MAPPING = '[[property]]\nid = "seats"\nlabel = { en = "seats", zh = "座位数" }\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_database(tmp_path / "rooms.db", ROOMS)
    (tmp_path / "rooms.toml").write_text(MAPPING, encoding="utf-8")
    return tmp_path


def source(folder: Path, query: str = QUERY, **options: object) -> Source:
    (folder / "rooms.sql").write_text(query, encoding="utf-8")
    given = options or {"database": "rooms.db"}
    return Source(kind="sql", location=folder / "rooms.sql", root=folder, options=given)


def test_rows_become_facts_and_the_mapping_is_that_of_tables(folder: Path) -> None:
    build([source(folder, database="rooms.db", mapping="rooms.toml")], folder / "k.sqlite")
    with KnowledgeBase.open(folder / "k.sqlite") as base:
        found = base.search("极光厅有多少座位数？")[0]
        assert (found.value.zh, found.citation.source, found.citation.row) == ("12", "rooms.sql", 1)
        assert base.resolve(found.citation) == "name: Aurora\nname_zh: 极光厅\nseats: 12\nfee: 9.5"


def test_an_address_may_take_its_parts_from_the_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROOMS_DB", str(folder / "rooms.db"))
    rows = [each for each in read_source(source(folder, url="sqlite:///${ROOMS_DB}")) if isinstance(each, RowRead)]
    assert [row.subject.en for row in rows] == ["Aurora", "Polaris"]
    monkeypatch.delenv("ROOMS_DB")
    with pytest.raises(SourceError, match="the variable ROOMS_DB is not set"):
        list(read_source(source(folder, url="sqlite:///${ROOMS_DB}")))


def test_a_password_is_neither_taken_nor_printed(folder: Path) -> None:
    for url in ("postgresql://me:hunter2@host/db", "postgresql://host/db?user=me&password=hunter2"):
        with pytest.raises(SourceError, match="holds a password") as caught:
            list(read_source(source(folder, url=url)))
        assert "hunter2" not in str(caught.value)


def test_the_digest_follows_the_rows(folder: Path) -> None:
    def digest() -> str:
        return next(each.digest for each in read_source(source(folder)) if isinstance(each, FileRead))

    before = digest()
    assert digest() == before
    with sqlite3.connect(folder / "rooms.db") as connection:
        connection.execute("UPDATE room SET seats = 13 WHERE name = 'Aurora'")
    assert digest() != before


def test_a_database_that_goes_away_midway_changes_nothing(folder: Path) -> None:
    write_database(folder / "rooms.db", "INSERT INTO room VALUES ('Vega', '织女厅', -9223372036854775808, 1, NULL);")
    target = folder / "k.sqlite"
    build([source(folder)], target)
    before = target.read_bytes()
    # the sum overflows in the third row, when the first has been sent
    failing = source(folder, "SELECT name, abs(seats) AS seats FROM room")
    with sqlite3.connect(folder / "rooms.db") as connection:
        assert connection.execute(failing.location.read_text()).fetchone() == ("Aurora", 12)
    with pytest.raises(SourceError, match="the database did not give all rows: integer overflow") as caught:
        build([failing], target)
    assert "rooms.sql" in str(caught.value)
    assert target.read_bytes() == before
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_nothing_is_written_to_the_database(folder: Path) -> None:
    before = (folder / "rooms.db").read_bytes()
    for query in ("DELETE FROM room", "CREATE TABLE x (y)", "DROP TABLE room; SELECT 1"):
        with pytest.raises(SourceError, match=r"readonly|one statement"):
            list(read_source(source(folder, query)))
    assert (folder / "rooms.db").read_bytes() == before


@pytest.mark.parametrize(
    ("query", "options", "said"),
    [
        ("SELEC 1", {"database": "rooms.db"}, "syntax error"),
        ("SELECT * FROM rom", {"database": "rooms.db"}, "no such table: rom"),
        ("SELECT name, seats FROM room WHERE seats > 99", {"database": "rooms.db"}, "a header and no rows"),
        ("SELECT 'A' AS name, seats FROM room", {"database": "rooms.db"}, "a subject has two rows"),
        ("SELECT name, x'00' AS picture FROM room", {"database": "rooms.db"}, "column 'picture' holds bytes"),
        ("SELECT name, seats, seats FROM room", {"database": "rooms.db"}, "column 'seats' appears twice"),
        (QUERY, {"database": "none.db"}, "there is no database"),
        (QUERY, {"database": "rooms.toml"}, "not a database"),
        (QUERY, {"mapping": "rooms.toml"}, "name one database"),
        (QUERY, {"database": "rooms.db", "url": "sqlite://"}, "name one database"),
        (QUERY, {"url": "rooms.db"}, "address cannot be read"),
        (" \n", {"database": "rooms.db"}, "empty"),
    ],
)
def test_what_goes_wrong_is_told(folder: Path, query: str, options: dict[str, object], said: str) -> None:
    with pytest.raises(SourceError, match=said) as caught:
        list(read_source(source(folder, query, **options)))
    assert "rooms.sql" in str(caught.value) and caught.value.fix


def test_a_driver_that_is_missing_is_named(folder: Path) -> None:
    for url in ("nosuchbase://host/db", "oracle+oracledb://host/db"):
        with pytest.raises(MachineError) as caught:
            list(read_source(source(folder, url=url)))
        assert caught.value.fix


def test_a_missing_extra_is_named(folder: Path) -> None:
    code = """
import sys
from pathlib import Path
sys.modules["sqlalchemy"] = None
from limbeck.core.errors import MachineError
from limbeck.knowledge.sources import sql
try:
    list(sql.read(Path(sys.argv[1]), {"database": "rooms.db"}))
except MachineError as error:
    print(error)
"""
    source(folder)
    done = subprocess.run([sys.executable, "-c", code, str(folder / "rooms.sql")], capture_output=True, text=True)
    assert "a database needs 'sqlalchemy', which is not installed" in done.stdout, done.stderr
    assert "pip install 'limbeck[sources]'" in done.stdout
