"""A knowledge base opened: ask it, cite from it, edit it."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, final

from limbeck.core.errors import KnowledgeError
from limbeck.corpus.schema import Property, Schema
from limbeck.knowledge.citation import names_for, resolve
from limbeck.knowledge.edit import HALF_CHARACTER, Clock, Editor
from limbeck.knowledge.evidence import Citation, Evidence
from limbeck.knowledge.fact_rows import FactTable, read_table
from limbeck.knowledge.layout import APPLICATION_ID, FORMAT
from limbeck.knowledge.lens import Lens
from limbeck.knowledge.path import read_path
from limbeck.knowledge.query import Findings, follow
from limbeck.knowledge.search import Searcher
from limbeck.knowledge.stated import Addition, Stated
from limbeck.knowledge.validity import ALWAYS, Validity

if TYPE_CHECKING:
    from limbeck.knowledge.embedder import Embedder

_COUNTED = ("source", "chunk", "entity", "alias", "property", "fact")


def now() -> datetime:
    """Return the time here, with its offset."""
    return datetime.now().astimezone()


@final
class KnowledgeBase:
    """One SQLite file of facts and passages, each with its source; only what its reader may see today."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        *,
        embedder: "Embedder | None" = None,
        scope: str = "",
        clock: Clock = now,
        every_day: bool = False,
        editing: sqlite3.Connection | None = None,
    ) -> None:
        self._connection = connection
        self.embedder = embedder
        self._written = editing
        self._editor = Editor(editing, clock, embedder) if editing else None
        self._scope = scope
        self._lens = Lens(connection, scope, None if every_day else clock)
        self._searcher: Searcher | None = None
        self._lock = RLock()

    @classmethod
    def open(
        cls, path: Path, writable: bool = False, *, scope: str = "", clock: Clock = now, every_day: bool = False
    ) -> "KnowledgeBase":
        """Open a knowledge base; read-only, it may lie on a read-only disk.

        It shows what sources for everyone say and, with `scope`, what those of that scope say; facts that hold today
        or, with `every_day`, on any day.
        Raises: KnowledgeError: missing, damaged, or not a knowledge base.
        """
        with ExitStack() as opened:
            connection = opened.enter_context(closing(open_checked(path)))
            editing = opened.enter_context(closing(_connect(path, writable=True))) if writable else None
            with _sqlite_errors(path):
                embedder = _embedder_of(connection, path)
                base = cls(
                    connection, embedder=embedder, scope=scope, clock=clock, every_day=every_day, editing=editing
                )
                with base._reading():
                    pass
            opened.pop_all()
            return base

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
        if self._written is not None:
            self._written.close()

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
        with self._reading() as connection:
            if self._searcher is None:
                self._searcher = Searcher(connection, self.embedder, scope=self._scope)
            return self._searcher.search(question, history, limit)

    def resolve(self, citation: Citation) -> str:
        """Return the text a citation points at: a row as `column: value` lines, or the exact span.

        Raises: KnowledgeError: the base holds no such place.
        """
        with self._reading() as connection:
            return resolve(connection, citation)

    def names_for(self, value: str) -> tuple[str, ...]:
        """Return every name the base holds for a name or value, in both languages, itself included."""
        with self._reading() as connection:
            return names_for(connection, value)

    def query(self, path: str) -> Findings:
        """Follow a path such as `Chad -> neighbours -> capital`, with the rows that prove each step.

        Raises: KnowledgeError: not a path, or an unknown subject or property.
        """
        with self._reading() as connection:
            return follow(connection, read_path(path))

    def facts(self) -> FactTable:
        """Return every subject, and every fact with each place it stands at."""
        with self._reading() as connection:
            return read_table(connection)

    def schema(self) -> Schema:
        """Return what the base can be asked about."""
        with self._reading() as connection:
            kinds = connection.execute("SELECT kind_en, kind_zh FROM entity GROUP BY 1, 2 ORDER BY min(id)")
            bodies = connection.execute("SELECT body FROM property ORDER BY id")
            entities = connection.execute("SELECT en, zh FROM entity ORDER BY id")
            return Schema(
                kinds=tuple((en, zh) for en, zh in kinds),
                properties=tuple(Property.from_json(json.loads(body)) for (body,) in bodies),
                entities=tuple((en, zh) for en, zh in entities),
            )

    def stats(self) -> dict[str, int]:
        """Count what the base holds: sources, chunks, entities, aliases, properties, facts, edits."""
        counts = {name: f"SELECT count(*) FROM {name}" for name in _COUNTED}
        counts["edit"] = "SELECT count(*) FROM log WHERE NOT undone"
        with self._reading() as connection:
            return {name: int(connection.execute(query).fetchone()[0]) for name, query in counts.items()}

    def set(
        self,
        subject: str,
        property: str,
        value: str,
        language: str | None = None,
        *,
        valid: Validity = ALWAYS,
        scope: str | None = None,
    ) -> None:
        """Make a value the only one of a subject and property, in one language or in both, on all days or on some.

        `scope` names those whose value it is; by default those of the subject.
        Raises: KnowledgeError: unknown subject or property, or opened read-only.
        """
        stated = Stated(property=property, value=value, language=language)
        with self._editing() as editor:
            editor.set_value(subject, stated, valid=valid, scope=scope)

    def add(self, addition: Addition, *, valid: Validity = ALWAYS, scope: str | None = None) -> None:
        """Add values to what is known of a subject, or a new subject with its values.

        Raises: KnowledgeError: unknown subject or property, a value known already, or opened read-only.
        """
        with self._editing() as editor:
            editor.add(addition, valid=valid, scope=scope)

    def delete(self, subject: str, property: str, *, scope: str | None = None) -> None:
        """Forget every value of a subject and property.

        Raises: KnowledgeError: unknown subject or property, nothing known, or opened read-only.
        """
        with self._editing() as editor:
            editor.delete(subject, property, scope=scope)

    def delete_source(self, source: str, *, scope: str | None = None) -> None:
        """Forget a source and exactly what only it supported; with `scope`, only one that this scope may see.

        Raises: KnowledgeError: unknown source, or opened read-only.
        """
        with self._editing() as editor:
            editor.delete_source(source, scope=scope)

    def undo(self, count: int = 1) -> tuple[str, ...]:
        """Take back the newest edits that still hold, all or none, and say what they were, newest first.

        Raises: KnowledgeError: there are not so many, or opened read-only.
        """
        with self._editing() as editor:
            return editor.undo(count)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Hold the file still for one question, and forget what was held in memory of it if it has changed.

        Raises: KnowledgeError: the file is damaged, or kept busy by an editor.
        """
        with self._lock:
            try:
                self._connection.execute("BEGIN")
                try:
                    if self._lens.adjust():
                        self._searcher = None
                    yield self._connection
                finally:
                    self._connection.execute("COMMIT")
            except UnicodeEncodeError as error:
                raise KnowledgeError(f"this cannot be looked up: {HALF_CHARACTER}", fix="type it as UTF-8") from error
            except sqlite3.DatabaseError as error:
                if is_busy(error):
                    raise KnowledgeError(f"cannot be read now: {error}", fix="try again in a moment") from error
                raise KnowledgeError(f"the knowledge base is damaged: {error}", fix="build it again") from error

    @contextmanager
    def _editing(self) -> Iterator[Editor]:
        """Edit while no other thread reads or edits."""
        if self._editor is None:
            raise KnowledgeError("the knowledge base is open for reading only", fix="open it with writable=True")
        with self._lock:
            yield self._editor


def is_busy(error: BaseException | None) -> bool:
    """Tell whether an editor kept the file longer than one waits for it."""
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def is_knowledge_base(path: Path) -> bool:
    """Tell whether a file is a knowledge base, of whatever format."""
    try:
        with closing(_connect(path, writable=False)) as connection:
            return bool(connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID)
    except (KnowledgeError, sqlite3.Error):
        return False


def open_checked(path: Path) -> sqlite3.Connection:
    """Open the file of a knowledge base to read it as it is, everything included.

    Raises: KnowledgeError: missing, not a knowledge base, or of another format.
    """
    with ExitStack() as opened:
        connection = opened.enter_context(closing(_connect(path, writable=False)))
        with _sqlite_errors(path):
            _check(connection, path)
        opened.pop_all()
        return connection


@contextmanager
def _sqlite_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise KnowledgeError(f"not a knowledge base: {error}", where=str(path), fix="build it again") from error


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
            connection.executescript("PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON;")
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
