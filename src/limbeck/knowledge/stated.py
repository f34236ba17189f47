"""Values as someone types them, given the form and the other language that the base knows for them."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from limbeck.core.errors import KnowledgeError
from limbeck.corpus.language import LANGUAGES
from limbeck.knowledge.evidence import Label
from limbeck.knowledge.rendering import Rendering, Value
from limbeck.knowledge.text import key, name_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A value of one property as it is typed, in one language or, with none named, in both."""

    property: str
    value: str
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """What is added to a subject, or a new subject with its other names and what kind of thing it is."""

    subject: str
    values: tuple[Stated, ...]
    is_new: bool = False
    names: tuple[str, ...] = ()
    kind: str = ""


def check(stated: Iterable[Stated]) -> None:
    """Refuse values that say nothing.

    Raises: KnowledgeError: an empty value, or an unknown language.
    """
    for each in stated:
        if not each.value.strip():
            raise KnowledgeError(f"the value of {each.property!r} is empty", fix="to forget a fact, delete it")
        if each.language not in (None, *LANGUAGES):
            raise KnowledgeError(f"unknown language {each.language!r}", fix=f"languages: {', '.join(LANGUAGES)}")


def values_of(
    connection: sqlite3.Connection, property_id: int, stated: Sequence[Stated], scope: str
) -> tuple[Value, ...]:
    """Return the values of one property; those in English and those in Chinese belong together in their order.

    A value in no language gets the other language's form where the scope may know one.
    Raises: KnowledgeError: not as many in the one language as in the other.
    """
    sides: dict[str | None, list[str]] = defaultdict(list)
    for each in stated:
        sides[each.language].append(each.value.strip())
    en, zh = (sides[language] for language in LANGUAGES)
    if en and zh and len(en) != len(zh):
        what = f"{stated[0].property!r} has {len(en)} values in English and {len(zh)} in Chinese"
        raise KnowledgeError(what, fix="give each value in both languages, or name no language")
    rendering = _rendering(connection, property_id)
    pairs = [Label(en=one, zh=other) for one, other in zip(en or zh, zh or en, strict=True)]
    whole = [value for label in pairs for value in rendering.values(label, paired=True)]
    whole += [
        _in_both(connection, property_id, value, scope)
        for typed in sides[None]
        for value in rendering.values(Label(en=typed, zh=typed), paired=False)
    ]
    return tuple(dict.fromkeys(whole))


def in_one_language(
    connection: sqlite3.Connection, property_id: int, typed: str, language: str, known: Sequence[Any] | None
) -> tuple[Value, ...]:
    """Return a value with one side new and the other as it was; `known` is the row of the fact so far."""
    rendering = _rendering(connection, property_id)
    shown = dict(zip(LANGUAGES, known[4:6], strict=True)) if known else {}
    norms = dict(zip(LANGUAGES, known[6:8], strict=True)) if known else {}
    shown[language] = rendering.values(Label(en=typed, zh=typed), paired=False)[0].shown.get(language)
    norms[language] = typed
    sides = [Label(en=part.get("en", typed), zh=part.get("zh", typed)) for part in (shown, norms)]
    return (Value(shown=sides[0], bare=sides[1], paired=True),)


def _rendering(connection: sqlite3.Connection, property_id: int) -> Rendering:
    query = "SELECT rendering FROM property WHERE id = ?"
    return Rendering.from_json(json.loads(connection.execute(query, (property_id,)).fetchone()[0]))


def _in_both(connection: sqlite3.Connection, property_id: int, value: Value, scope: str) -> Value:
    norm = key(value.bare.en)
    if value.paired or not norm:
        return value
    query = """SELECT en, zh, norm_en, norm_zh FROM fact JOIN fact_source ON fact_source.fact_id = fact.id
        JOIN source ON source.id = source_id
        WHERE property_id = ? AND ? IN (norm_en, norm_zh) AND scope IN ('', ?) ORDER BY fact.id"""
    known = connection.execute(query, (property_id, norm, scope)).fetchone()
    if known is None:
        label = """SELECT en, zh, en, zh FROM alias JOIN entity ON entity.id = entity_id
            WHERE norm = ? AND is_label AND scope IN ('', ?) ORDER BY entity_id"""
        known = connection.execute(label, (name_key(value.bare.en), scope)).fetchone()
    if known is None:
        return value
    return Value(shown=Label(en=known[0], zh=known[1]), bare=Label(en=known[2], zh=known[3]), paired=True)
