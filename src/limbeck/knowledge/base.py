"""A knowledge base opened: ask it, cite from it, edit it."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, final

from limbeck.core.errors import KnowledgeError
from limbeck.corpus.schema import Property, Schema
from limbeck.knowledge.citation import names_for, resolve
from limbeck.knowledge.edit import Editor
from limbeck.knowledge.evidence import Citation, Evidence
from limbeck.knowledge.layout import APPLICATION_ID, FORMAT
from limbeck.knowledge.search import Searcher

if TYPE_CHECKING:
    from limbeck.knowledge.embedder import Embedder

_COUNTED = ("source", "chunk", "entity", "alias", "property", "fact")


@final
class KnowledgeBase:
    """One SQLite file of facts and passages, each with its source."""

    def __init__(self, connection: sqlite3.Connection, *, writable: bool, embedder: "Embedder | None" = None) -> None:
        self._connection = connection
        self.embedder = embedder
        self._editor = Editor(connection, embedder) if writable else None
        self._searcher = Searcher(connection, embedder)
        self._seen_version = self._version()

    @classmethod
    def open(cls, path: Path, writable: bool = False) -> "KnowledgeBase":
        """Open a knowledge base; read-only, it may lie on a read-only disk.
        Raises: KnowledgeError: missing, damaged, or not a knowledge base.
        """
        connection = _connect(path, writable=writable)
        try:
            _check(connection, path)
            return cls(connection, writable=writable, embedder=_embedder_of(connection, path))
        except sqlite3.Error as error:
            connection.close()
            raise KnowledgeError(f"not a knowledge base: {error}", where=str(path), fix="build it again") from error
        except KnowledgeError:
            connection.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> "KnowledgeBase":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def search(self, question: str, history: Sequence[str] = (), limit: int = 16) -> tuple[Evidence, ...]:
        """Find what may answer a question; `history` is the earlier turns, oldest first.

        Edits that others have made since are seen.
        Raises: KnowledgeError: the file is damaged.
        """
        try:
            if self._version() != self._seen_version:
                self._renew()
            return self._searcher.search(question, history, limit)
        except sqlite3.DatabaseError as error:
            raise KnowledgeError(f"the knowledge base is damaged: {error}", fix="build it again") from error

    def resolve(self, citation: Citation) -> str:
        """Return the text a citation points at: a row as `column: value` lines, or the exact span.

        Raises: KnowledgeError: the base holds no such place.
        """
        return resolve(self._connection, citation)

    def names_for(self, value: str) -> tuple[str, ...]:
        """Return every name the base holds for a name or value, in both languages, itself included."""
        return names_for(self._connection, value)

    def schema(self) -> Schema:
        """Return what the base can be asked about."""
        kinds = self._connection.execute("SELECT kind_en, kind_zh FROM entity GROUP BY 1, 2 ORDER BY min(id)")
        bodies = self._connection.execute("SELECT body FROM property ORDER BY id")
        entities = self._connection.execute("SELECT en, zh FROM entity ORDER BY id")
        return Schema(
            kinds=tuple((en, zh) for en, zh in kinds),
            properties=tuple(Property.from_json(json.loads(body)) for (body,) in bodies),
            entities=tuple((en, zh) for en, zh in entities),
        )

    def stats(self) -> dict[str, int]:
        """Count what the base holds: sources, chunks, entities, aliases, properties, facts, edits."""
        counts = {name: f"SELECT count(*) FROM {name}" for name in _COUNTED}
        counts["edit"] = "SELECT count(*) FROM log WHERE NOT undone"
        return {name: int(self._connection.execute(query).fetchone()[0]) for name, query in counts.items()}

    def set(self, subject: str, property: str, value: str, language: str | None = None) -> None:
        """Make a value the only one of a subject and property, in one language or in both.

        Raises: KnowledgeError: unknown subject or property, or opened read-only.
        """
        self._edit().set_value(subject, property, value, language)
        self._renew()

    def delete(self, subject: str, property: str) -> None:
        """Forget every value of a subject and property.

        Raises: KnowledgeError: unknown subject or property, nothing known, or opened read-only.
        """
        self._edit().delete(subject, property)
        self._renew()

    def delete_source(self, source: str) -> None:
        """Forget a source and exactly what only it supported.

        Raises: KnowledgeError: unknown source, or opened read-only.
        """
        self._edit().delete_source(source)
        self._renew()

    def undo(self) -> str:
        """Take back the newest edit that still holds, and say what it was.

        Raises: KnowledgeError: there is none, or opened read-only.
        """
        undone = self._edit().undo()
        self._renew()
        return undone

    def _renew(self) -> None:
        """Forget what was held in memory of the file as it was."""
        self._searcher = Searcher(self._connection, self.embedder)
        self._seen_version = self._version()

    def _version(self) -> int:
        """Return a number that changes when another program edits the file."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def _edit(self) -> Editor:
        if self._editor is None:
            raise KnowledgeError("the knowledge base is open for reading only", fix="open it with writable=True")
        return self._editor


def is_knowledge_base(path: Path) -> bool:
    """Tell whether a file is a knowledge base, of whatever format."""
    try:
        with closing(_connect(path, writable=False)) as connection:
            return bool(connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID)
    except (KnowledgeError, sqlite3.Error):
        return False


def _connect(path: Path, *, writable: bool) -> sqlite3.Connection:
    if not path.is_file():
        raise KnowledgeError(
            "no such knowledge base", where=str(path), fix="build one: limbeck kb build SOURCE -o FILE"
        )
    # Only a writable connection can roll back what a killed editor left half done.
    interrupted = any(Path(f"{path}{ending}").exists() for ending in ("-journal", "-wal"))
    mode = "rw" if writable or interrupted else "ro"
    address = f"{path.resolve().as_uri()}?mode={mode}"
    try:
        connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
        if writable:
            connection.executescript("PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;")
        return connection
    except sqlite3.Error as error:
        raise KnowledgeError(
            f"cannot be opened: {error}", where=str(path), fix="check the file and its rights"
        ) from error


def _embedder_of(connection: sqlite3.Connection, path: Path) -> "Embedder | None":
    """Return the encoder that a base holds vectors of: the one beside it, or else the one that comes with Limbeck."""
    found = connection.execute("SELECT digest FROM encoder").fetchone()
    if found is None:
        return None
    from limbeck.knowledge.embedder import Embedder, shipped
    from limbeck.knowledge.encoder_files import ENCODER

    beside = path.parent / ENCODER
    embedder = Embedder(beside) if beside.is_dir() else shipped()
    if embedder is None or embedder.digest != found[0]:
        what = "the knowledge base holds vectors of another encoder"
        raise KnowledgeError(what, where=str(path), fix="build it again, or put its own encoder beside it")
    return embedder


def _check(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise KnowledgeError("this file is not a knowledge base", where=str(path), fix="give one that `kb build` wrote")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != FORMAT:
        what = f"the knowledge base has format {version}, this program reads {FORMAT}"
        raise KnowledgeError(what, where=str(path), fix="build it again")
