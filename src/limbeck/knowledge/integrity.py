"""Is a knowledge base whole: its pages, its references, its words and vectors, its citations and its log.

All is checked on a copy in memory, so that readers and an editor go on meanwhile.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from limbeck.core.errors import KnowledgeError
from limbeck.knowledge.citation import resolve
from limbeck.knowledge.edit import EDIT_SOURCE
from limbeck.knowledge.evidence import Citation
from limbeck.knowledge.layout import APPLICATION_ID, FORMAT, TABLES, WORDS
from limbeck.knowledge.replay import unreplayable
from limbeck.knowledge.validity import Validity
from limbeck.knowledge.write import chunk_words, statement_words

_AGAIN = "build it again with `limbeck kb build`, or put back a copy"
_INDEX = "search may miss rows or find what is gone: build it again with `limbeck kb build`"
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong, found by a check, and how to mend it."""

    check: str
    what: str
    fix: str


def faults_of(copy: sqlite3.Connection) -> tuple[Fault, ...]:
    """Return everything that is wrong with a base, of which this is a copy that may be written to.

    Where pages or tables are damaged, nothing behind them is looked at.
    """
    found: list[Fault] = []
    for name in CHECKS:
        found += _found(copy, name)
        if found and name in ("pages", "tables"):
            break
    return tuple(found)


def _found(copy: sqlite3.Connection, name: str) -> tuple[Fault, ...]:
    check, fix = CHECKS[name]
    try:
        found = list(check(copy))
    except (sqlite3.Error, ValueError, KeyError, TypeError, IndexError, KnowledgeError) as error:
        found = [f"cannot be read: {error}"]
    return tuple(Fault(check=name, what=what, fix=fix) for what in found)


def _pages(copy: sqlite3.Connection) -> Iterator[str]:
    for (line,) in copy.execute(f"PRAGMA integrity_check({_MOST_NAMED})"):
        if line != "ok":
            yield str(line)


def _tables(copy: sqlite3.Connection) -> Iterator[str]:
    query = "SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'"
    with closing(sqlite3.connect(":memory:")) as fresh:
        fresh.executescript(TABLES)
        wanted, there = dict(fresh.execute(query)), dict(copy.execute(query))
    for name in sorted(wanted.keys() | there.keys()):
        if wanted.get(name) != there.get(name):
            state = "is missing" if name not in there else "is not ours" if name not in wanted else "was altered"
            yield f"table or index {name!r} {state}"


def _references(copy: sqlite3.Connection) -> Iterator[str]:
    query = 'SELECT "table", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2 ORDER BY 1, 2'
    for table, parent, rows in copy.execute(query):
        yield f"{rows} rows of {table!r} refer to rows of {parent!r} that are not there"


def _facts(copy: sqlite3.Connection) -> Iterator[str]:
    bare = copy.execute("SELECT id FROM fact WHERE id NOT IN (SELECT fact_id FROM fact_source)")
    yield from _named("facts stand at no row of any source", [f"fact {number}" for (number,) in bare])
    wrong = []
    for number, start, end in copy.execute("SELECT id, valid_from, valid_until FROM fact"):
        try:
            Validity.of(start, end)
        except KnowledgeError:
            wrong.append(f"fact {number}")
    yield from _named("facts hold on days that are none", wrong)


def _words(copy: sqlite3.Connection) -> Iterator[str]:
    for table in WORDS:
        try:
            copy.execute(f"INSERT INTO {table}({table}) VALUES ('integrity-check')")
        except sqlite3.DatabaseError as error:
            yield f"the index {table!r} is damaged: {error}"
            return
    statements = {number: texts for number, *texts in statement_words(copy, None)}
    yield from _index_faults(copy, "fact_words", "statements", statements)
    chunks = copy.execute("SELECT id, title, heading, text FROM chunk").fetchall()
    passages = {number: list(chunk_words(heads, text)) for number, *heads, text in chunks}
    yield from _index_faults(copy, "chunk_words", "passages", passages)


def _index_faults(copy: sqlite3.Connection, table: str, what: str, wanted: dict[int, list[str]]) -> Iterator[str]:
    query = f"SELECT rowid, {WORDS[table]} FROM {table}"
    there = {number: texts for number, *texts in copy.execute(query)}
    yield from _named(f"{what} are not in the index", _rows(sorted(wanted.keys() - there.keys())))
    yield from _named(f"{what} are in the index and nowhere else", _rows(sorted(there.keys() - wanted.keys())))
    other = [number for number in sorted(wanted.keys() & there.keys()) if wanted[number] != there[number]]
    yield from _named(f"{what} have other words in the index", _rows(other))


def _vectors(copy: sqlite3.Connection) -> Iterator[str]:
    has_encoder = bool(copy.execute("SELECT count(*) FROM encoder").fetchone()[0])
    known = {number for (number,) in copy.execute("SELECT id FROM chunk")}
    places: dict[int, list[int]] = {}
    for number, place in copy.execute("SELECT id, place FROM chunk_vector ORDER BY 1, 2"):
        places.setdefault(number, []).append(place)
    yield from _named("vectors are of passages that are not there", _rows(sorted(places.keys() - known)))
    if has_encoder:
        yield from _named("passages have no vector", _rows(sorted(known - places.keys())))
    elif places:
        yield "there are vectors of passages and no encoder is named"
    torn = [number for number, found in places.items() if found != list(range(len(found)))]
    yield from _named("passages lack some of their vectors", _rows(torn))
    for table, what in (("chunk_vector", "passages"), ("way", "ways to ask")):
        sizes = copy.execute(f"SELECT count(DISTINCT length(vector)) FROM {table}").fetchone()[0]
        if sizes > 1:
            yield f"vectors of {what} have {sizes} lengths"
    yield from _intents(copy)
    if not has_encoder and copy.execute("SELECT 1 FROM way WHERE vector != x'' LIMIT 1").fetchone():
        yield "there are vectors of ways to ask and no encoder is named"


def _intents(copy: sqlite3.Connection) -> Iterator[str]:
    asked = "SELECT DISTINCT scope FROM asked JOIN source ON source.id = source_id"
    wanted = {"fact": ("SELECT DISTINCT scope FROM property", "properties"), "passage": (asked, "passages")}
    for about, (query, what) in wanted.items():
        fitted = {scope for (scope,) in copy.execute("SELECT scope FROM intent WHERE about = ?", (about,))}
        lacking = sorted({scope for (scope,) in copy.execute(query)} - fitted)
        yield from _named(f"scopes cannot tell their {what} apart", [scope or "of everyone" for scope in lacking])
    known = {number for (number,) in copy.execute("SELECT id FROM way")}
    used = {number for (ways,) in copy.execute("SELECT ways FROM intent") for number in memoryview(ways).cast("i")}
    yield from _named("ways to ask are counted on and not there", _rows(sorted(used - known)))
    loose = "SELECT DISTINCT heading FROM asked EXCEPT SELECT heading FROM chunk"
    yield from _named("wordings ask for no passage", [repr(heading) for (heading,) in copy.execute(loose)])


def _citations(copy: sqlite3.Connection) -> Iterator[str]:
    wrong = []
    places = "SELECT DISTINCT name, row FROM fact_source LEFT JOIN source ON source.id = source_id"
    for source, row in copy.execute(places).fetchall():
        if not _resolves(copy, Citation(source=str(source), row=row), None):
            wrong.append(f"{source} row {row}")
    spans = "SELECT name, start, stop, text FROM chunk LEFT JOIN source ON source.id = source_id"
    for source, start, stop, text in copy.execute(spans).fetchall():
        is_whole = len(text) == stop - start
        if not (is_whole and _resolves(copy, Citation(source=str(source), span=(start, stop)), text)):
            wrong.append(f"{source}, characters {start}-{stop}")
    yield from _named("citations do not lead to what they cite", wrong)


def _resolves(copy: sqlite3.Connection, citation: Citation, wanted: str | None) -> bool:
    try:
        found = resolve(copy, citation)
    except KnowledgeError:
        return False
    return bool(found) if wanted is None else found == wanted


def _log(copy: sqlite3.Connection) -> Iterator[str]:
    yield from unreplayable(copy)
    query = """SELECT row FROM record JOIN source ON source.id = source_id
        WHERE kind = ? AND row NOT IN (SELECT id FROM log WHERE NOT undone) ORDER BY row"""
    bare = [f"edit {row}" for (row,) in copy.execute(query, (EDIT_SOURCE,))]
    yield from _named("edits are cited and not in the log", bare)


def _named(what: str, which: Sequence[str]) -> Iterator[str]:
    """Write how many and which, where there are any."""
    if which:
        more = ", …" if len(which) > _MOST_NAMED else ""
        yield f"{len(which)} {what}: {', '.join(islice(which, _MOST_NAMED))}{more}"


def _rows(numbers: Sequence[int]) -> list[str]:
    return [f"row {number}" for number in numbers]


CHECKS: dict[str, tuple[Callable[[sqlite3.Connection], Iterator[str]], str]] = {
    "pages": (_pages, f"the file is damaged: {_AGAIN}"),
    "tables": (_tables, _AGAIN),
    "references": (_references, _AGAIN),
    "facts": (_facts, _AGAIN),
    "citations": (_citations, _AGAIN),
    "words": (_words, _INDEX),
    "vectors": (_vectors, _INDEX),
    "log": (_log, "edits cannot be taken back from here on; what the base says now stands. To undo, build it again"),
}
"""Every check by name, with how to mend what it finds; pages and tables come first."""


def check_file(path: Path) -> tuple[Fault, ...]:
    """Return everything that is wrong with the knowledge base in a file.

    Raises: KnowledgeError: missing, not a knowledge base, of another format, or kept busy.
    """
    from limbeck.knowledge.base import is_busy, open_checked

    with ExitStack() as opened:
        try:
            connection = opened.enter_context(closing(open_checked(path)))
            copy = opened.enter_context(closing(sqlite3.connect(":memory:")))
            connection.backup(copy)
        except (sqlite3.DatabaseError, KnowledgeError) as error:
            if is_busy(error.__cause__ or error):
                fix = "try again in a moment"
                raise KnowledgeError(f"cannot be read now: {error}", where=str(path), fix=fix) from error
            if not _is_marked_ours(path):
                raise
            return (Fault(check="pages", what=str(error.__cause__ or error), fix=f"the file is damaged: {_AGAIN}"),)
        return faults_of(copy)


def _is_marked_ours(path: Path) -> bool:
    """Tell whether the first bytes of a file call it a knowledge base of this format."""
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except OSError:
        return False
    return header[60:64] == FORMAT.to_bytes(4) and header[68:72] == APPLICATION_ID.to_bytes(4)
