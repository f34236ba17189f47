"""Databases: the rows that a query in a `.sql` file selects, read as a table."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from limbeck.core.digest import digest_json
from limbeck.core.errors import MachineError, SourceError
from limbeck.knowledge.decode import read_text
from limbeck.knowledge.extra import extra
from limbeck.knowledge.source import Record, find_files
from limbeck.knowledge.tables.cells import cell_of
from limbeck.knowledge.tables.records import records_of
from limbeck.knowledge.tables.table import Line, make_table

if TYPE_CHECKING:
    from sqlalchemy import URL

ENDINGS = (".sql",)
LIBRARIES = ("SQLAlchemy",)
NEEDS = ("database", "url")
OPTIONS = ("database", "url", "mapping", "as_of")
HOLDS_FACTS = True
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_PARTS = ("username", "password", "host", "database")
_ROWS_AT_ONCE = 1000


def read(location: Path, options: Mapping[str, object]) -> Iterator[Record]:
    """Run every query at a location; `database` is an SQLite file, `url` any other database's address.

    `${NAME}` in the address is an environment variable. `as_of` is any text: changing it reads the database anew.
    Nothing is written to the database, and nothing is yielded before the last row is here.
    Raises: SourceError: no database, a failed query, or rows that are no table. MachineError: no SQLAlchemy or driver.
    """
    for path in find_files(location, ENDINGS):
        query = read_text(path).characters.strip().rstrip(";")
        lines = _fetch(path, query, _address(path, options))
        table = make_table(path, lines, is_lined=False)
        digest = digest_json([list(table.headers), *(list(row.cells.values()) for row in table.rows)])
        yield from records_of(table, digest, options)


def _address(path: Path, options: Mapping[str, object]) -> "URL":
    with extra("sources", "a database"):
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError

    file, given = options.get("database"), options.get("url")
    if (file is None) == (given is None):
        fix = 'write (or give as --option) database = "rooms.db" for an SQLite file, or url = "postgresql+psycopg://reader:${PASSWORD}@host/db"'
        raise SourceError("name one database for the query", where=str(path), fix=fix)
    if file is not None:
        place = Path(str(options.get("root", path.parent))) / str(file)
        if not place.is_file():
            raise SourceError(f"there is no database '{place}'", where=str(path), fix="correct `database`")
        # SQLite would make a file that is missing, and take a lock on one that is there
        return make_url(f"sqlite:///file:{place.resolve()}").update_query_dict({"mode": "ro", "uri": "true"})
    try:
        url = make_url(str(given))
    except ArgumentError as error:
        fix = "write it as SQLAlchemy does: dialect+driver://user:${PASSWORD}@host/database"
        raise SourceError("the database's address cannot be read", where=str(path), fix=fix) from error
    is_open = url.password is not None and not _VARIABLE.fullmatch(str(url.password))
    if is_open or any("password" in key.lower() for key in url.query):
        fix = "write ${DB_PASSWORD} in its place and set that variable: a bundle carries its recipe"
        raise SourceError("the database's address holds a password", where=str(path), fix=fix)
    return url.set(**{part: _filled(path, getattr(url, part)) for part in _PARTS if getattr(url, part)})


def _filled(path: Path, text: str) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise SourceError(f"the variable {match[1]} is not set", where=str(path), fix=f"export {match[1]}=…")
        return os.environ[match[1]]

    return _VARIABLE.sub(value, text)


def _fetch(path: Path, query: str, url: "URL") -> list[Line]:
    """Return the header and every row, or nothing at all."""
    import sqlalchemy

    try:
        engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
        with engine.connect().execution_options(stream_results=True) as connection:
            return list(_lines(path, connection.exec_driver_sql(query)))
    except ModuleNotFoundError as error:
        raise MachineError(f"{url.drivername} needs {error.name!r}", fix=f"pip install {error.name}") from error
    except sqlalchemy.exc.NoSuchModuleError as error:
        what = f"no driver {url.drivername!r} is installed"
        raise MachineError(what, where=str(path), fix="install it with pip, or correct the address") from error
    except sqlalchemy.exc.SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error).partition("\n")[0]
        fix = "try the query in the database's own shell; nothing was kept of it"
        raise SourceError(f"the database did not give all rows: {said}", where=str(path), fix=fix) from error


def _lines(path: Path, result: Any) -> Iterator[Line]:
    if not result.returns_rows:
        raise SourceError("the query selects nothing", where=str(path), fix="write one SELECT")
    names = [str(name) for name in result.keys()]
    yield 0, names
    for number, row in enumerate(result.yield_per(_ROWS_AT_ONCE), start=1):
        try:
            cells = [cell_of(value, f"column {name!r}") for name, value in zip(names, row, strict=True)]
        except ValueError as error:
            raise SourceError(str(error), where=f"{path} row {number}", fix="cast it to text in the query") from error
        yield number, cells
