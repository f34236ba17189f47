"""All records of all sources in memory, with subjects that mean the same put together."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from limbeck.core.errors import SourceError
from limbeck.core.progress import Progress
from limbeck.corpus.schema import Property
from limbeck.knowledge.evidence import Label
from limbeck.knowledge.rendering import Value
from limbeck.knowledge.source import (
    AskedRead,
    ChunkRead,
    Dropped,
    FileRead,
    PropertyRead,
    Record,
    RowRead,
    Source,
    read_source,
)
from limbeck.knowledge.text import key, subject_key


@dataclass(slots=True, kw_only=True)
class GatheredFile:
    """What one file said, and to whom; `name` is its path relative to the recipe's folder.

    asked: by heading, how people ask for what stands below it.
    """

    name: str
    kind: str
    digest: str
    scope: str = ""
    rows: list[RowRead] = field(default_factory=list)
    chunks: list[ChunkRead] = field(default_factory=list)
    asked: dict[str, list[str]] = field(default_factory=dict)
    dropped: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One subject, whichever tables speak of it; one of a scope is named in sources of that scope alone."""

    label: Label
    kind: Label
    scope: str = ""


@dataclass(slots=True, kw_only=True)
class Gathered:
    """Everything that goes into a knowledge base, in reading order: what everyone may see, then what scopes may.

    `properties` are by id and scope. A scope's source may speak of what everyone knows, which it never changes.
    """

    files: list[GatheredFile] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)
    properties: dict[tuple[str, str], PropertyRead] = field(default_factory=dict)
    _entity_of: dict[tuple[str, str], int] = field(default_factory=dict)
    _codes: dict[tuple[str, str], int] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)

    def entity_index(self, label: Label, scope: str = "") -> int:
        """Return where in `entities` a subject stands.

        Raises: KeyError: no subject has this name.
        """
        index = _seen(self._entity_of, subject_key(label.en), scope)
        if index is None:
            raise KeyError(label.en)
        return index

    def property_key(self, name: str, scope: str = "") -> tuple[str, str]:
        """Return the key in `properties` of what a source of this scope calls so."""
        return (name, "") if (name, "") in self.properties else (name, scope)

    def resolve(self, value: Value, scope: str = "") -> Value:
        """Give a value that names a subject, and came in one language only, the subject's names."""
        if value.paired:
            return value
        code = value.bare.en if len(value.bare.en) <= 3 and value.bare.en.isupper() else ""
        index = _seen(self._entity_of, subject_key(value.bare.en), scope)
        index = _seen(self._codes, code, scope) if index is None else index
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
                file = GatheredFile(name=name, kind=source.kind, digest=record.digest, scope=source.scope)
                self.files.append(file)
            case PropertyRead():
                self._add_property(record, source.scope)
            case RowRead():
                self.files[-1].rows.append(record)
                self._add_entity(record, source.scope)
            case ChunkRead():
                self.files[-1].chunks.append(record)
            case AskedRead():
                self._add_asked(record)
            case Dropped():
                self.files[-1].dropped[record.reason] += record.count

    def _add_asked(self, read: AskedRead) -> None:
        kept = self.files[-1].asked.setdefault(read.heading, [])
        for text in read.texts:
            norm = key(text) or text
            if norm in self._asked:
                self.files[-1].dropped["wording that asks for another passage already"] += 1
                continue
            self._asked.add(norm)
            kept.append(text)

    def _add_property(self, read: PropertyRead, scope: str) -> None:
        name = self.property_key(read.property.id, scope)
        known = self.properties.setdefault(name, read)
        joined = _joined(known.property, read.property)
        if name[1] == scope:
            self.properties[name] = replace(known, property=joined)
        elif joined != known.property:
            self.files[-1].dropped[f"a scope's own words for a property of everyone: {name[0]}"] += 1

    def _add_entity(self, row: RowRead, scope: str) -> None:
        names = (subject_key(row.subject.en), subject_key(row.subject.zh))
        known = (_seen(self._entity_of, name, scope) for name in names)
        index = next((each for each in known if each is not None), len(self.entities))
        if index == len(self.entities):
            self.entities.append(Entity(label=row.subject, kind=row.kind, scope=scope))
        for name in names:
            self._entity_of.setdefault((scope, name), index)
        for alias in row.aliases:
            if alias.isupper() and len(alias) <= 3:
                self._codes.setdefault((scope, alias), index)


def gather(sources: Sequence[Source], progress: Progress) -> Gathered:
    """Read every source, in order; those of a scope after those for everyone.

    Raises: SourceError: a source cannot be read.
    """
    gathered = Gathered()
    for number, source in enumerate(sorted(sources, key=lambda source: source.scope != "")):
        progress(number, len(sources), str(source.location))
        for record in read_source(source):
            gathered.add(record, source)
    progress(len(sources), len(sources))
    return gathered


def _seen(known: Mapping[tuple[str, str], int], name: str, scope: str) -> int | None:
    """Return what a name stands for in a scope: first for everyone, then for the scope alone."""
    return known.get(("", name), known.get((scope, name)))


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


def _relative(path: Path, root: Path) -> str:
    return Path(os.path.relpath(path.resolve(), root.resolve())).as_posix()
