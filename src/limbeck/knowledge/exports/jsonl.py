"""JSON Lines: every property with its names and wordings, then every fact; `limbeck kb build` reads it again."""

import json
from collections.abc import Iterator, Mapping

from limbeck.knowledge.fact_columns import HEADER, records_of
from limbeck.knowledge.fact_rows import FactTable

ENDINGS = (".jsonl", ".ndjson")


def write(table: FactTable) -> Iterator[str]:
    """Yield what the file is, its properties, and its facts; empty fields are left out."""
    yield _line(HEADER)
    for fact in {fact.property.id: fact for fact in table.facts}.values():
        yield _line({"property": fact.property.to_json(), "rendering": fact.rendering.to_json()})
    for record in records_of(table):
        yield _line({"fact": {name: value for name, value in record.items() if value}})


def _line(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"
