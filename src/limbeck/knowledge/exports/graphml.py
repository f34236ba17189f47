"""GraphML: subjects and values as nodes, facts as edges, for programs that draw and analyse graphs."""

from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape, quoteattr

from limbeck.knowledge.evidence import Label, name_of
from limbeck.knowledge.fact_columns import sides
from limbeck.knowledge.fact_rows import FactRow, FactTable
from limbeck.knowledge.text import strip_controls

ENDINGS = (".graphml",)
_NODE = ("label_en", "label_zh", "kind_en", "kind_zh", "aliases")
_EDGE = ("property", "property_en", "property_zh", "value_en", "value_zh", "valid_from", "valid_until", "rows")


def write(table: FactTable) -> Iterator[str]:
    """Yield the graph: a node `s1` for a subject, `v1` for a value that is none, an edge for each fact.

    Source: http://graphml.graphdrawing.org/primer/graphml-primer.html
    """
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    for kind, names in (("node", _NODE), ("edge", _EDGE)):
        for name in names:
            yield f'  <key id="{kind}_{name}" for="{kind}" attr.name="{name}" attr.type="string"/>\n'
    yield '  <graph edgedefault="directed">\n'
    values = _value_ids(table)
    for subject in table.subjects:
        told = {**sides("label", subject.label), **sides("kind", subject.kind), "aliases": ";".join(subject.aliases)}
        yield from _element("node", f"id={quoteattr(f's{subject.id}')}", told)
    for label, number in values.items():
        yield from _element("node", f'id="v{number}"', sides("label", label))
    yield from _edges(table, values)
    yield "  </graph>\n</graphml>\n"


def _value_ids(table: FactTable) -> dict[Label, int]:
    labels = dict.fromkeys(fact.shown for fact in table.facts if not fact.named)
    return {label: number for number, label in enumerate(labels, start=1)}


def _edges(table: FactTable, values: Mapping[Label, int]) -> Iterator[str]:
    by_fact: dict[int, list[FactRow]] = {}
    for fact in table.facts:
        by_fact.setdefault(fact.fact_id, []).append(fact)
    for facts in by_fact.values():
        first = facts[0]
        told = {
            "property": first.property.id,
            **sides("property", name_of(first.property)),
            **sides("value", first.shown),
            "valid_from": first.valid.start,
            "valid_until": first.valid.end,
            "rows": "; ".join(f"{fact.citation.source} row {fact.citation.row}" for fact in facts),
        }
        targets = [f"s{number}" for number in first.named] or [f"v{values[first.shown]}"]
        for number, target in enumerate(targets):
            name = f"f{first.fact_id}" if number == 0 else f"f{first.fact_id}-{number + 1}"
            yield from _element("edge", f'id="{name}" source="s{first.subject.id}" target="{target}"', told)


def _element(kind: str, attributes: str, told: Mapping[str, str]) -> Iterator[str]:
    yield f"    <{kind} {attributes}>\n"
    for name, value in told.items():
        if value:
            yield f'      <data key="{kind}_{name}">{escape(strip_controls(value))}</data>\n'
    yield f"    </{kind}>\n"
