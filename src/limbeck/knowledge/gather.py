"""All records of all sources in memory, with subjects that mean the same put together."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from limbeck.core.errors import SourceError
from limbeck.core.progress import Progress
from limbeck.corpus.schema import Property
from limbeck.knowledge.evidence import Label
from limbeck.knowledge.rendering import Value
from limbeck.knowledge.source import (
    ChunkRead,
    Dropped,
    FileRead,
    PropertyRead,
    Record,
    RowRead,
    Source,
    read_source,
)
from limbeck.knowledge.text import name_key


@dataclass(slots=True, kw_only=True)
class GatheredFile:
    """What one file said; `name` is its path relative to the recipe's folder."""

    name: str
    kind: str
    digest: str
    rows: list[RowRead] = field(default_factory=list)
    chunks: list[ChunkRead] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One subject, whichever tables speak of it."""

    label: Label
    kind: Label


@dataclass(slots=True, kw_only=True)
class Gathered:
    """Everything that goes into a knowledge base, in reading order."""

    files: list[GatheredFile] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)
    properties: dict[str, PropertyRead] = field(default_factory=dict)
    _entity_of: dict[str, int] = field(default_factory=dict)
    _codes: dict[str, int] = field(default_factory=dict)

    def entity_index(self, label: Label) -> int:
        """Return where in `entities` a subject stands.

        Raises: KeyError: no subject has this name.
        """
        return self._entity_of[_name_key(label.en)]

    def resolve(self, value: Value) -> Value:
        """Give a value that names a subject, and came in one language only, the subject's names."""
        if value.paired:
            return value
        code = value.bare.en if len(value.bare.en) <= 3 and value.bare.en.isupper() else ""
        index = self._entity_of.get(_name_key(value.bare.en), self._codes.get(code))
        if index is None:
            return value
        label = self.entities[index].label
        return replace(value, shown=label, bare=label)

    def add(self, record: Record, source: Source) -> None:
        """Take in the next record of a source."""
        match record:
            case FileRead():
                name = _relative(record.path, source.root)
                if any(file.name == name for file in self.files):
                    raise SourceError("this file is read twice", where=name, fix="name it in one [[knowledge]] only")
                self.files.append(GatheredFile(name=name, kind=source.kind, digest=record.digest))
            case PropertyRead():
                known = self.properties.setdefault(record.property.id, record)
                self.properties[record.property.id] = replace(known, property=_joined(known.property, record.property))
            case RowRead():
                self.files[-1].rows.append(record)
                self._add_entity(record)
            case ChunkRead():
                self.files[-1].chunks.append(record)
            case Dropped():
                self.files[-1].dropped[record.reason] += record.count

    def _add_entity(self, row: RowRead) -> None:
        names = (_name_key(row.subject.en), _name_key(row.subject.zh))
        index = next((self._entity_of[name] for name in names if name in self._entity_of), len(self.entities))
        if index == len(self.entities):
            self.entities.append(Entity(label=row.subject, kind=row.kind))
        for name in names:
            self._entity_of.setdefault(name, index)
        for alias in row.aliases:
            if alias.isupper() and len(alias) <= 3:
                self._codes.setdefault(alias, index)


def gather(sources: Sequence[Source], progress: Progress) -> Gathered:
    """Read every source, in order.

    Raises: SourceError: a source cannot be read.
    """
    gathered = Gathered()
    for number, source in enumerate(sources):
        progress(number, len(sources), str(source.location))
        for record in read_source(source):
            gathered.add(record, source)
    progress(len(sources), len(sources))
    return gathered


def _joined(first: Property, second: Property) -> Property:
    if first == second:
        return first
    return replace(
        first,
        labels={side: _unique([*names, *second.labels[side]]) for side, names in first.labels.items()},
        questions={side: _unique([*first.questions.get(side, ()), *more]) for side, more in second.questions.items()},
    )


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _name_key(name: str) -> str:
    return name_key(name) or name


def _relative(path: Path, root: Path) -> str:
    return Path(os.path.relpath(path.resolve(), root.resolve())).as_posix()
