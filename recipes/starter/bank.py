"""The bank of relations and pages that the starter learns to read from, and what of it is kept back to test on."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from limbeck.corpus.language import LANGUAGES
from limbeck.corpus.schema import Property

HERE = Path(__file__).parent
HELD_OUT_DOMAINS = frozenset({"wines", "bridges", "tours", "songs", "trees", "invoices"})
_EVERY_NTH_PAGE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A property with its wordings, and what kind of values it has."""

    property: Property
    values: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """What one kind of subject can be asked; `unanswered` holds questions no relation answers, by language."""

    name: str
    kind: tuple[str, str]
    relations: tuple[Relation, ...]
    unanswered: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A passage and the questions it answers."""

    heading: str
    text: str
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of one language; `unanswered` are questions that none of its sections answers."""

    language: str
    title: str
    sections: tuple[Section, ...]
    unanswered: tuple[str, ...]


def read_domains() -> dict[str, Domain]:
    """Read every domain of the bank, by name."""
    return {path.stem: _domain(path) for path in sorted((HERE / "relations").glob("*.toml"))}


def read_pages() -> list[Page]:
    """Read every page of the bank, file by file."""
    files = sorted((HERE / "pages").glob("*.jsonl"))
    return [_page(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def taught(domains: Mapping[str, Domain]) -> list[Domain]:
    """Return the domains to learn from."""
    return [domain for name, domain in domains.items() if name not in HELD_OUT_DOMAINS]


def held_out(domains: Mapping[str, Domain]) -> list[Domain]:
    """Return the domains whose relations are never seen in training."""
    return [domain for name, domain in domains.items() if name in HELD_OUT_DOMAINS]


def taught_pages(pages: list[Page]) -> list[Page]:
    """Return the pages to learn from; both languages of a topic stand on neighbouring lines."""
    return [page for number, page in enumerate(pages) if (number // 2) % _EVERY_NTH_PAGE]


def held_out_pages(pages: list[Page]) -> list[Page]:
    """Return the pages that are never seen in training."""
    return [page for number, page in enumerate(pages) if not (number // 2) % _EVERY_NTH_PAGE]


def _domain(path: Path) -> Domain:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    relations = tuple(
        Relation(
            property=Property(
                id=each["id"],
                labels={side: (each["label"][side], *each["aliases"][side]) for side in LANGUAGES},
                answer=each["answer"],
                questions={side: tuple(each["questions"][side]) for side in LANGUAGES},
            ),
            values=each["values"],
        )
        for each in data["relation"]
    )
    unanswered = {side: tuple(data["unanswered"][side]) for side in LANGUAGES}
    kind = (data["kind"]["en"], data["kind"]["zh"])
    return Domain(name=path.stem, kind=kind, relations=relations, unanswered=unanswered)


def _page(line: str) -> Page:
    data = json.loads(line)
    sections = tuple(
        Section(heading=each["heading"], text=each["text"], questions=tuple(each["questions"]))
        for each in data["sections"]
    )
    return Page(language=data["language"], title=data["title"], sections=sections, unanswered=tuple(data["unanswered"]))
