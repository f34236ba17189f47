"""A fact as a flat record of texts: what an export writes and a build reads again."""

from collections.abc import Iterator, Mapping

from limbeck.corpus.language import LANGUAGES
from limbeck.knowledge.evidence import Label, name_of
from limbeck.knowledge.fact_rows import FactTable

COLUMNS = (
    "subject_en",
    "subject_zh",
    "kind_en",
    "kind_zh",
    "aliases",
    "property",
    "property_en",
    "property_zh",
    "value_en",
    "value_zh",
    "unit_en",
    "unit_zh",
    "valid_from",
    "valid_until",
    "source",
    "row",
)
NEEDED = ("subject_en", "subject_zh", "property", "property_en", "property_zh", "value_en", "value_zh")
"""What no fact is without."""
ALIAS_SEPARATOR = ";"
HEADER = {"limbeck": "facts", "format": 1}
"""The first line of such records as JSON Lines: what they are."""


def records_of(table: FactTable) -> Iterator[dict[str, str]]:
    """Yield each fact at each place as a record; a subject's other names stand in its first."""
    told: set[int] = set()
    for fact in table.facts:
        aliases = () if fact.subject.id in told else fact.subject.aliases
        told.add(fact.subject.id)
        yield {
            **sides("subject", fact.subject.label),
            **sides("kind", fact.subject.kind),
            "aliases": ALIAS_SEPARATOR.join(name for name in aliases if ALIAS_SEPARATOR not in name),
            "property": fact.property.id,
            **sides("property", name_of(fact.property)),
            **sides("value", fact.value),
            **sides("unit", fact.unit),
            "valid_from": fact.valid.start,
            "valid_until": fact.valid.end,
            "source": fact.citation.source,
            "row": str(fact.citation.row),
        }


def label_of(record: Mapping[str, str], name: str) -> Label:
    """Return the label that a record holds under a name; a side it lacks repeats the other."""
    en, zh = (record.get(f"{name}_{side}", "") for side in LANGUAGES)
    return Label(en=en or zh, zh=zh or en)


def sides(name: str, label: Label) -> dict[str, str]:
    """Return a label as two fields, one for each language."""
    return {f"{name}_{side}": label.get(side) for side in LANGUAGES}
