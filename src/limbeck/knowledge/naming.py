"""Subjects and properties by any of their names in either language, with the nearest where there is none."""

import difflib
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

from limbeck.core.errors import KnowledgeError
from limbeck.corpus.schema import Property
from limbeck.knowledge.evidence import Label
from limbeck.knowledge.text import name_key, stem_key, units

_MOST_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A subject of the base; `scope` is empty for one that everyone may see."""

    id: int
    label: Label
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownProperty:
    """A property of the base; `scope` is empty for one that everyone may see."""

    id: int
    property: Property
    scope: str


@final
class Names:
    """Look names up in a base; with `scope`, only what that scope may see. Properties are read once."""

    def __init__(self, connection: sqlite3.Connection, scope: str | None = None) -> None:
        self._connection = connection
        self._seen = "" if scope is None else " AND scope IN ('', :scope)"
        self._scope = scope or ""

    def subject(self, name: str) -> Subject:
        """Return the one subject of this name.

        Raises: KnowledgeError: there is none, or more than one.
        """
        found = self.subjects(name)
        if len(found) == 1:
            return found[0]
        if found:
            several = ", ".join(_in_scope(each.label.en, each.scope) for each in found)
            raise KnowledgeError(f"{name!r} names more than one subject: {several}", fix="use the full name of one")
        raise self.no_subject(name)

    def subjects(self, name: str) -> tuple[Subject, ...]:
        """Return every subject of this name; those whose own label it is rather than those it is another name of."""
        sources = f"SELECT id FROM source WHERE true{self._seen}"
        query = f"""SELECT id, en, zh, scope, max(is_label) FROM alias JOIN entity ON entity.id = entity_id
            WHERE norm = :norm AND source_id IN ({sources}){self._seen} GROUP BY entity.id ORDER BY 5 DESC, 1"""
        found = self._connection.execute(query, {"norm": name_key(name), "scope": self._scope}).fetchall()
        return tuple(
            Subject(id=number, label=Label(en=en, zh=zh), scope=scope)
            for number, en, zh, scope, is_label in found
            if is_label == found[0][4]
        )

    def no_subject(self, name: str) -> KnowledgeError:
        """Return the error that tells of an unknown subject, with the nearest."""
        query = f"SELECT en, zh FROM entity WHERE true{self._seen} ORDER BY id"
        names = [each for pair in self._connection.execute(query, {"scope": self._scope}) for each in pair]
        return KnowledgeError(f"no subject {name!r}", fix=nearest(name, names))

    def property(self, name: str) -> KnownProperty:
        """Return the one property of this name; one that everyone may see rather than one of a scope.

        Raises: KnowledgeError: there is none, or several scopes have one.
        """
        found = self.properties(name)
        shared = [each for each in found if not each.scope] or [*found]
        if len({each.scope for each in shared}) > 1:
            scopes = ", ".join(repr(each.scope) for each in shared)
            raise KnowledgeError(f"several scopes have a property {name!r}: {scopes}", fix="say which with --scope")
        return shared[0]

    def properties(self, name: str) -> tuple[KnownProperty, ...]:
        """Return every property that has this id or label.

        Raises: KnowledgeError: there is none.
        """
        wanted = stem_key(units(name))
        same = [each for each in self._every_property if each.property.id == name]
        found = same or [each for each in self._every_property if wanted and wanted in _labels(each.property)]
        if not found:
            raise KnowledgeError(f"no property {name!r}", fix=nearest(name, _property_names(self._every_property)))
        return tuple(found)

    @cached_property
    def _every_property(self) -> tuple[KnownProperty, ...]:
        query = f"SELECT id, body, scope FROM property WHERE true{self._seen} ORDER BY id"
        return tuple(
            KnownProperty(id=number, property=Property.from_json(json.loads(body)), scope=scope)
            for number, body, scope in self._connection.execute(query, {"scope": self._scope})
        )


def nearest(name: str, known: Sequence[str]) -> str:
    """Name what was probably meant, or the first of what there is."""
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known: {', '.join(dict.fromkeys(known[:_MOST_SHOWN]))}" if known else "the base holds none"


def _labels(known: Property) -> list[str]:
    return [stem_key(units(label)) for labels in known.labels.values() for label in labels]


def _property_names(every: Sequence[KnownProperty]) -> list[str]:
    """Return ids first, so that they are what is listed, then labels."""
    labels = [label for each in every for names in each.property.labels.values() for label in names]
    return [*(each.property.id for each in every), *labels]


def _in_scope(label: str, scope: str) -> str:
    return f"{label} (scope {scope})" if scope else label
