"""A subject that the base does not have yet, with its names and what kind of thing it is."""

import sqlite3

from limbeck.core.errors import KnowledgeError
from limbeck.corpus.language import language_of
from limbeck.knowledge.change import Rows, next_id
from limbeck.knowledge.evidence import Label
from limbeck.knowledge.naming import Names, Subject
from limbeck.knowledge.stated import Addition
from limbeck.knowledge.write import alias_rows


def new_subject(connection: sqlite3.Connection, addition: Addition, scope: str) -> tuple[Subject, Rows]:
    """Return the subject and its rows; the source of its names is left open (0).

    The first name in the other language is its label there.
    Raises: KnowledgeError: it is there already, cannot be looked up, or its kind is not clear.
    """
    name = addition.subject.strip()
    others = [each.strip() for each in addition.names if each.strip()]
    known = Names(connection, scope).subjects(name)
    if known:
        what = f"there is a subject {name!r} already: {known[0].label.en}"
        raise KnowledgeError(what, fix="leave out --new, or give another name")
    if not any(alias_rows((name,), ())):
        raise KnowledgeError(f"{name!r} cannot be looked up", fix="give a name with a letter or a digit")
    language = language_of(name)
    other = next((each for each in others if language_of(each) != language), name)
    label = Label(en=name, zh=other) if language == "en" else Label(en=other, zh=name)
    number = next_id(connection, "entity")
    kind = _kind(connection, addition.kind.strip(), scope)
    rows: Rows = {"entity": [[number, label.en, label.zh, kind.en, kind.zh, scope]], "alias": []}
    norms: set[str] = set()
    for norm, *rest in alias_rows((label.en, label.zh), others):
        if norm not in norms:
            rows["alias"].append([norm, number, 0, *rest])
            norms.add(norm)
    return Subject(id=number, label=label, scope=scope), rows


def _kind(connection: sqlite3.Connection, name: str, scope: str) -> Label:
    query = "SELECT DISTINCT kind_en, kind_zh FROM entity WHERE scope IN ('', ?) ORDER BY 1, 2"
    kinds = [Label(en=en, zh=zh) for en, zh in connection.execute(query, (scope,))]
    named = [kind for kind in kinds if name.casefold() in (kind.en.casefold(), kind.zh.casefold())]
    if named:
        return named[0]
    if name or not kinds:
        return Label(en=name, zh=name)
    if len(kinds) > 1:
        several = ", ".join(kind.en for kind in kinds)
        raise KnowledgeError(f"a new subject may be one of several kinds: {several}", fix="say which with --kind")
    return kinds[0]
