"""What only one source, or only the sources of one scope, support: exactly what goes when they go."""

import sqlite3
from collections.abc import Iterator
from itertools import count
from typing import Any

from limbeck.knowledge.change import Rows, next_id, read_rows
from limbeck.knowledge.validity import Validity

_FACT_VALID = slice(8, 10)


def only_from(connection: sqlite3.Connection, source_id: int) -> tuple[Rows, Rows]:
    """Return the rows that go with a source, and those that come in their place.

    A subject that an edit still speaks of keeps its names: they become the edit's.
    """
    orphan_facts = """SELECT fact_id FROM fact_source GROUP BY fact_id
        HAVING max(source_id = ?1) AND min(source_id = ?1)"""
    facts = f"SELECT * FROM fact WHERE id IN ({orphan_facts})"
    left = f"SELECT entity_id FROM fact WHERE id NOT IN ({orphan_facts})"
    named = "SELECT entity_id FROM alias WHERE source_id != ?1"
    gone = f"SELECT id FROM entity WHERE id NOT IN ({left}) AND id NOT IN ({named})"
    queries = {
        "source": "SELECT * FROM source WHERE id = ?1",
        "record": "SELECT * FROM record WHERE source_id = ?1",
        "chunk": "SELECT * FROM chunk WHERE source_id = ?1",
        "asked": "SELECT * FROM asked WHERE source_id = ?1",
        "fact": facts,
        "fact_source": "SELECT * FROM fact_source WHERE source_id = ?1",
        "entity": f"SELECT * FROM entity WHERE id IN ({gone})",
        "alias": "SELECT * FROM alias WHERE source_id = ?1",
        "property": f"""SELECT * FROM property WHERE id IN (SELECT property_id FROM ({facts}))
            AND id NOT IN (SELECT property_id FROM fact WHERE id NOT IN ({orphan_facts}))""",
    }
    kept = f"""SELECT norm, entity_id, (
            SELECT min(fact_source.source_id) FROM fact JOIN fact_source ON fact_source.fact_id = fact.id
            WHERE fact.entity_id = alias.entity_id AND fact_source.source_id != ?1
        ), name, is_label, cased, units
        FROM alias WHERE source_id = ?1 AND entity_id IN ({left}) AND entity_id NOT IN ({named})"""
    removed = {table: read_rows(connection, query, source_id) for table, query in queries.items()}
    return removed, {"alias": read_rows(connection, kept, source_id)}


def cut_out(connection: sqlite3.Connection, about: tuple[int, int], scope: str, span: Validity) -> tuple[Rows, Rows]:
    """Take some days out of what the sources of one scope say of a subject and property.

    Returns the rows that go, and what is left of them on other days. What other scopes support stays.
    """
    removed: Rows = {"fact": [], "fact_source": []}
    added: Rows = {"fact": [], "fact_source": []}
    new = count(next_id(connection, "fact"))
    places = _free_places(connection, about)
    for fact, own, is_shared in _supported(connection, about, scope):
        start, end = fact[_FACT_VALID]
        valid = Validity(start=start, end=end)
        if not valid.meets(span):
            continue
        removed["fact_source"] += own
        removed["fact"] += [] if is_shared else [fact]
        for number, piece in enumerate(valid.outside(span)):
            is_same = number == 0 and not is_shared
            row = [*fact[: _FACT_VALID.start], piece.start, piece.end]
            row[0], row[3] = (fact[0], fact[3]) if is_same else (next(new), next(places))
            added["fact"].append(row)
            added["fact_source"] += [[row[0], *support[1:]] for support in own]
    return removed, added


def _supported(
    connection: sqlite3.Connection, about: tuple[int, int], scope: str
) -> Iterator[tuple[list[Any], list[list[Any]], bool]]:
    """Yield each fact that a scope supports, the rows of that support, and whether other scopes support it too."""
    facts = "SELECT * FROM fact WHERE entity_id = ? AND property_id = ? ORDER BY position"
    support = """SELECT fact_source.*, scope FROM fact_source JOIN source ON source.id = source_id
        WHERE fact_id = ? ORDER BY source_id, row"""
    for fact in read_rows(connection, facts, *about):
        rows = read_rows(connection, support, fact[0])
        own = [row[:-1] for row in rows if row[-1] == scope]
        if own:
            yield fact, own, len(own) < len(rows)


def _free_places(connection: sqlite3.Connection, about: tuple[int, int]) -> Iterator[int]:
    last = "SELECT coalesce(max(position), 0) + 1 FROM fact WHERE entity_id = ? AND property_id = ?"
    return count(int(connection.execute(last, about).fetchone()[0]))
