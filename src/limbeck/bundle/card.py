"""The card of a bundle: what it is, what it knows, what it may cost, what it cannot do."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from limbeck.core.budget import Budget
from limbeck.core.units import format_bytes

_LIMITS = """It answers from its knowledge base only, in English and Chinese, and refuses the rest. Values in an answer
are copied from the cited row, never written by the model; it can still pick the wrong row, so follow the
citation where it matters. It has no knowledge of today's date and reads no files but its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeSource:
    """One source of the knowledge: `items` rows or chunks, and the terms it comes under."""

    name: str
    kind: str
    items: int | None = None
    licence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a bundle says of where it comes from."""

    base_model: str
    budget: Budget = field(default_factory=Budget)
    licence: str = "apache-2.0"
    languages: tuple[str, ...] = ("en", "zh")
    sources: tuple[KnowledgeSource, ...] = ()


def sources_of(waterfall: Mapping[str, Any], licences: Mapping[str, str] | None = None) -> tuple[KnowledgeSource, ...]:
    """Return the sources that a knowledge build tells of in sources.json; `licences` is by source name."""
    return tuple(
        KnowledgeSource(
            name=source["name"],
            kind=source["kind"],
            items=source["rows"] + source["chunks"],
            licence=(licences or {}).get(source["name"], ""),
        )
        for source in waterfall.get("sources", ())
    )


def write_card(name: str, about: About, *, engines: Sequence[str], sizes: Sequence[tuple[str, int]]) -> str:
    """Write CARD.md; `sizes` are path and bytes of each file.

    Returns: Markdown under a head that Hugging Face reads.
    """
    return "\n".join([*_head(about, engines), *_body(name, about, engines), *_files(sizes)]) + "\n"


def _head(about: About, engines: Sequence[str]) -> Iterator[str]:
    yield "---"
    yield f"license: {_quoted(about.licence)}"
    yield "language:"
    yield from (f"- {_quoted(language)}" for language in about.languages)
    yield f"base_model: {_quoted(about.base_model)}"
    yield "library_name: limbeck"
    yield "pipeline_tag: question-answering"
    yield "tags:"
    yield from (f"- {_quoted(tag)}" for tag in ("limbeck", "citations", "offline", *engines))
    yield "---"


def _body(name: str, about: About, engines: Sequence[str]) -> Iterator[str]:
    yield f"# {name}"
    yield ""
    yield f"A small assistant made by Limbeck from `{about.base_model}`. It runs offline in {_listed(engines)}:"
    yield ""
    yield '```\nlimbeck ask . "your question"\nlimbeck verify .\n```'
    yield "\n## Knowledge\n"
    yield "| source | kind | items | licence |\n| --- | --- | ---: | --- |"
    for source in about.sources:
        items = "" if source.items is None else str(source.items)
        yield f"| {_cell(source.name)} | {_cell(source.kind)} | {items} | {_cell(source.licence) or 'not stated'} |"
    yield "\n## Budget\n"
    yield "| constraint | allowed |\n| --- | ---: |"
    budget = about.budget
    yield f"| disk | {_size(budget.disk_bytes)} |"
    yield f"| memory | {_size(budget.memory_bytes)} |"
    yield f"| latency | {'no limit' if budget.latency_ms is None else f'{budget.latency_ms:g} ms/token'} |"
    yield f"\n## Limits\n\n{_LIMITS}"


def _files(sizes: Sequence[tuple[str, int]]) -> Iterator[str]:
    yield "\n## Files\n"
    yield "| file | size |\n| --- | ---: |"
    yield from (f"| `{_cell(path)}` | {format_bytes(size)} |" for path, size in sizes)


def _size(size_bytes: int | None) -> str:
    return "no limit" if size_bytes is None else format_bytes(size_bytes)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)


def _quoted(text: str) -> str:
    """A JSON string is a YAML string, whatever it holds."""
    return json.dumps(text, ensure_ascii=False)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
