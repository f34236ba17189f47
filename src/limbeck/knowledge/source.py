"""What a build is given, and the records that every kind of source turns into."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from limbeck.core.errors import SourceError
from limbeck.corpus.schema import Property
from limbeck.knowledge.evidence import Label
from limbeck.knowledge.rendering import Rendering, Value
from limbeck.knowledge.validity import ALWAYS, Validity
from limbeck.recipe.families import SOURCES


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One `[[knowledge]]` of a recipe: a file or folder of one kind, cited relative to `root`.

    What a source with a `scope` says is there for readers of that scope alone.
    """

    kind: str
    location: Path
    root: Path
    options: Mapping[str, object] = field(default_factory=dict)
    scope: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """A file begins; the records after it came from it."""

    path: Path
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyRead:
    """A table declares a property and how its cells become values."""

    property: Property
    rendering: Rendering


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRead:
    """One table row: its subject, other names, and the values of each property, with the days on which they hold."""

    number: int
    text: str
    subject: Label
    kind: Label
    aliases: tuple[str, ...]
    values: Mapping[str, tuple[Value, ...]]
    valid: Validity = ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkRead:
    """A passage: exactly the characters [start, stop) of the decoded document."""

    start: int
    stop: int
    language: str
    title: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedRead:
    """How people ask for what the passages under a heading tell, in their own words."""

    heading: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """Something was left out or changed on the way in, and why."""

    reason: str
    count: int


Record = FileRead | PropertyRead | RowRead | ChunkRead | AskedRead | Dropped


def read_source(source: Source) -> Iterator[Record]:
    """Read a source with the component of its kind; option paths start at the source's root.

    Raises: SourceError: it cannot be read, or has an unknown option; LimbeckError: no such kind.
    """
    reader = SOURCES.load(source.kind)
    unknown = sorted(set(source.options) - set(reader.OPTIONS))
    if unknown:
        fix = f"options of {source.kind!r}: {', '.join(reader.OPTIONS) or 'none'}"
        raise SourceError(f"unknown option {unknown[0]!r}", where=str(source.location), fix=fix)
    yield from reader.read(source.location, {**source.options, "root": source.root})


def some(records: Iterable[Record], lacking: SourceError) -> Iterator[Record]:
    """Pass records on.

    Raises: SourceError: `lacking`, where there is none.
    """
    is_empty = True
    for record in records:
        is_empty = False
        yield record
    if is_empty:
        raise lacking


def left_out(counts: Mapping[str, int]) -> Iterator[Dropped]:
    """Tell what was left out by reason; what counts nothing is not told."""
    return (Dropped(reason=reason, count=count) for reason, count in sorted(counts.items()) if count)


def find_files(location: Path, endings: tuple[str, ...]) -> list[Path]:
    """Return the file itself, or every file of a folder with one of the endings, sorted.

    Raises: SourceError: it does not exist, or a folder holds no such file.
    """
    if location.is_dir():
        found = sorted(path for path in location.rglob("*") if path.suffix.lower() in endings and path.is_file())
        if not found:
            raise SourceError(
                "no file to read", where=str(location), fix=f"put a file with {' or '.join(endings)} there"
            )
        return found
    if not location.exists():
        raise SourceError("no such file or folder", where=str(location), fix="correct `location` in the recipe")
    return [location]
