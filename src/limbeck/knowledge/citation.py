"""What a citation points at, and every name for a value."""

import sqlite3

from limbeck.core.errors import KnowledgeError
from limbeck.knowledge.evidence import Citation
from limbeck.knowledge.text import key, name_key


def resolve(connection: sqlite3.Connection, citation: Citation) -> str:
    """Return a row as `column: value` lines, or exactly the text of a span.

    Raises: KnowledgeError: the base holds no such place.
    """
    if citation.row is not None:
        query = "SELECT record.text FROM record JOIN source ON source.id = source_id WHERE name = ? AND row = ?"
        found = connection.execute(query, (citation.source, citation.row)).fetchone()
        place = f"{citation.source} row {citation.row}"
    else:
        start, stop = citation.span or (0, 0)
        query = "SELECT text FROM chunk JOIN source ON source.id = source_id WHERE name = ? AND start = ? AND stop = ?"
        found = connection.execute(query, (citation.source, start, stop)).fetchone()
        place = f"{citation.source} characters {start} to {stop}"
    if found is None:
        fix = "ask again: the base may have been edited or built anew since"
        raise KnowledgeError("nothing stands at this citation", where=place, fix=fix)
    return str(found[0])


def names_for(connection: sqlite3.Connection, value: str) -> tuple[str, ...]:
    """Return every name of a subject or value in both languages, itself included, labels first."""
    norm = key(value)
    names = [value]
    entities = "SELECT DISTINCT entity_id FROM alias WHERE norm = ? ORDER BY entity_id"
    for (entity_id,) in connection.execute(entities, (name_key(value),)).fetchall():
        query = "SELECT name FROM alias WHERE entity_id = ? ORDER BY is_label DESC, norm, source_id"
        names.extend(name for (name,) in connection.execute(query, (entity_id,)))
    for side in ("norm_en", "norm_zh"):
        for pair in connection.execute(
            f"SELECT en, zh FROM fact WHERE {side} = ? GROUP BY 1, 2 ORDER BY min(id)", (norm,)
        ):
            names.extend(pair)
    return tuple(dict.fromkeys(names)) if norm else (value,)
