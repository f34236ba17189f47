"""RDF triples sorted by subject in a temporary file, so that a graph of any size takes little memory.

The graph is never walked, only looked up, so that circles in it do no harm.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, final

Kind = Literal["iri", "literal", "blank"]

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE triple (
    number INTEGER PRIMARY KEY, subject TEXT NOT NULL, predicate TEXT NOT NULL,
    object TEXT NOT NULL, kind TEXT NOT NULL, language TEXT NOT NULL,
    UNIQUE (subject, predicate, object, kind, language)
);
CREATE TABLE name (subject TEXT PRIMARY KEY, en TEXT NOT NULL, zh TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE norm (norm TEXT NOT NULL, subject TEXT NOT NULL, PRIMARY KEY (norm, subject)) WITHOUT ROWID;
"""
_AT_ONCE = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Triple:
    """One statement; `language` is the tag of a literal in small letters, or empty."""

    subject: str
    predicate: str
    object: str
    kind: Kind
    language: str = ""


@final
class TripleStore:
    """Triples in the order they came, found by subject; the file goes when the store is closed."""

    def __init__(self) -> None:
        # an empty name is a file of its own that SQLite deletes, kept in memory only while it is small
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.executescript(_TABLES)
        self.repeated = 0

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()

    def add(self, triples: Iterable[Triple]) -> None:
        """Take triples in; one that stands already is counted."""
        waiting: list[tuple[str, str, str, str, str]] = []
        self._connection.execute("BEGIN")
        for each in triples:
            waiting.append((each.subject, each.predicate, each.object, each.kind, each.language))
            if len(waiting) >= _AT_ONCE:
                self._insert(waiting)
        self._insert(waiting)
        self._connection.execute("COMMIT")

    def subjects(self) -> Iterator[str]:
        """Yield each subject once, in the order of its first triple."""
        query = "SELECT subject FROM triple GROUP BY subject ORDER BY min(number)"
        return (subject for (subject,) in self._connection.execute(query))

    def predicates(self) -> list[str]:
        """Return each predicate once, in the order of its first triple."""
        query = "SELECT predicate FROM triple GROUP BY predicate ORDER BY min(number)"
        return [predicate for (predicate,) in self._connection.execute(query)]

    def objects_of(self, predicate: str) -> set[str]:
        """Return every IRI that a predicate leads to."""
        query = "SELECT DISTINCT object FROM triple WHERE predicate = ? AND kind = 'iri'"
        return {found for (found,) in self._connection.execute(query, (predicate,))}

    def about(self, subject: str) -> list[Triple]:
        """Return what is said of a subject, in order."""
        query = "SELECT predicate, object, kind, language FROM triple WHERE subject = ? ORDER BY number"
        return [
            Triple(subject=subject, predicate=predicate, object=found, kind=kind, language=language)
            for predicate, found, kind, language in self._connection.execute(query, (subject,))
        ]

    def set_name(self, subject: str, en: str, zh: str, norms: Iterable[str]) -> None:
        """Note what a subject is called, and the forms under which that name is found."""
        self._connection.execute("INSERT INTO name VALUES (?, ?, ?)", (subject, en, zh))
        rows = [(norm, subject) for norm in set(norms)]
        self._connection.executemany("INSERT INTO norm VALUES (?, ?)", rows)

    def name(self, subject: str) -> tuple[str, str] | None:
        """Return what a subject is called in English and Chinese, or None where it has no name."""
        found = self._connection.execute("SELECT en, zh FROM name WHERE subject = ?", (subject,)).fetchone()
        return None if found is None else (found[0], found[1])

    def namesakes(self) -> list[str]:
        """Return the subjects that share a name with another."""
        query = """SELECT DISTINCT subject FROM norm
            WHERE norm IN (SELECT norm FROM norm GROUP BY norm HAVING count(*) > 1) ORDER BY subject"""
        return [subject for (subject,) in self._connection.execute(query)]

    def rename(self, subject: str, en: str, zh: str) -> None:
        """Change what a subject is called."""
        self._connection.execute("UPDATE name SET en = ?, zh = ? WHERE subject = ?", (en, zh, subject))

    def _insert(self, waiting: list[tuple[str, str, str, str, str]]) -> None:
        query = "INSERT OR IGNORE INTO triple VALUES (NULL, ?, ?, ?, ?, ?)"
        self.repeated += len(waiting) - self._connection.executemany(query, waiting).rowcount
        waiting.clear()
