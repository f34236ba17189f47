"""From sources to one SQLite file: deterministic bytes, every fact and passage with its source."""

import os
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from limbeck.core.errors import MachineError
from limbeck.core.progress import Progress, silent
from limbeck.knowledge.embedder import Embedder
from limbeck.knowledge.gather import Gathered, gather
from limbeck.knowledge.source import Source
from limbeck.knowledge.write import write_all
from limbeck.recipe.families import SOURCES


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """What one file brought in, and what was left out of it by reason."""

    name: str
    kind: str
    rows: int
    facts: int
    chunks: int
    dropped: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReport:
    """The waterfall of a build, file by file."""

    sources: tuple[SourceReport, ...]
    entities: int
    properties: int

    @property
    def rows(self) -> int:
        """Return the table rows read."""
        return sum(source.rows for source in self.sources)

    @property
    def facts(self) -> int:
        """Return the values read, each with its citation."""
        return sum(source.facts for source in self.sources)

    @property
    def chunks(self) -> int:
        """Return the passages read."""
        return sum(source.chunks for source in self.sources)

    @property
    def dropped(self) -> dict[str, int]:
        """Return what was left out by reason, over all sources."""
        total: Counter[str] = Counter()
        for source in self.sources:
            total.update(source.dropped)
        return dict(sorted(total.items()))

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON data."""
        totals = {"rows": self.rows, "facts": self.facts, "chunks": self.chunks, "dropped": self.dropped}
        sources = [asdict(source) for source in self.sources]
        return {"sources": sources, "entities": self.entities, "properties": self.properties, **totals}


def build(
    sources: Sequence[Source],
    target: Path,
    *,
    facts: Path | None = None,
    embedder: Embedder | None = None,
    progress: Progress = silent,
) -> BuildReport:
    """Read every source and publish a knowledge base at `target`; the same input gives the same bytes.

    With `facts`, another is published there of the sources that hold facts alone. With `embedder` they are searched by
    vectors too.
    Raises: SourceError: a source cannot be read. MachineError: the disk refused. `target` is as before then.
    """
    gathered = gather(sources, progress)
    _publish(gathered, target, embedder)
    if facts is not None:
        kept = [file for file in gathered.files if SOURCES.load(file.kind).HOLDS_FACTS]
        _publish(replace(gathered, files=kept), facts, embedder)
    return _report(gathered)


def _publish(gathered: Gathered, target: Path, embedder: Embedder | None) -> None:
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write(gathered, unfinished, embedder)
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)
    except (OSError, sqlite3.OperationalError) as error:
        fix = "free space there, or choose another place"
        raise MachineError(f"the knowledge base cannot be written: {error}", where=str(target), fix=fix) from error


def _write(gathered: Gathered, path: Path, embedder: Embedder | None) -> None:
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 4096;")
        write_all(connection, gathered, embedder)
        connection.execute("VACUUM")
        connection.execute("PRAGMA journal_mode = DELETE")
    finally:
        connection.close()
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _report(gathered: Gathered) -> BuildReport:
    reports = tuple(
        SourceReport(
            name=file.name,
            kind=file.kind,
            rows=len(file.rows),
            facts=sum(len(values) for row in file.rows for values in row.values.values()),
            chunks=len(file.chunks),
            dropped=dict(sorted(file.dropped.items())),
        )
        for file in gathered.files
    )
    return BuildReport(sources=reports, entities=len(gathered.entities), properties=len(gathered.properties))
