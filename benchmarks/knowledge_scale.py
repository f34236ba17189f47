"""A knowledge base of invented subjects and pages, as large as one likes: how fast it is built, searched and edited."""

import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.build import build
from limbeck.knowledge.embedder import shipped
from limbeck.knowledge.source import Source

_PROPERTIES, _SECTIONS, _SECTION_WORDS, _VOCABULARY = 10, 10, 60, 20_000
_KNOWN, _ASKED_WORDS = 5000, 5
_SYLLABLES = "ba ce di fo gu la me ni po ru sa te vi wo zu kra ble dri flo stu".split()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What building, searching and editing took.

    Args:
        exact_ms: times of questions that name a subject and a property; hybrid_ms: of words from a passage.
        memory_bytes: the highest resident set of a process that searches and edits.
    """

    facts_per_s: float
    markdown_mb_per_s: float
    exact_ms: list[float]
    hybrid_ms: list[float]
    edit_ms: list[float]
    memory_bytes: int


def measure(work: Path, *, num_facts: int, num_chunks: int, num_questions: int) -> Scale:
    """Build a base of each kind of source and one of both, and search the last in a process of its own.

    The first two are built without vectors, which are those of the encoder and not of the base.
    """
    table = Source(kind="table", location=_write_table(work, num_facts), root=work)
    pages = Source(kind="markdown", location=_write_pages(work, num_chunks), root=work)
    page_bytes = sum(path.stat().st_size for path in pages.location.iterdir())
    facts_s = _seconds(lambda: build([table], work / "facts.sqlite"))
    pages_s = _seconds(lambda: build([pages], work / "pages.sqlite"))
    build([table, pages], work / "both.sqlite", embedder=shipped())
    command = [sys.executable, __file__, str(work / "both.sqlite"), str(num_questions)]
    searched = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return Scale(facts_per_s=num_facts / facts_s, markdown_mb_per_s=page_bytes / 1e6 / pages_s, **searched)


def search_and_edit(path: Path, num_questions: int) -> dict[str, object]:
    """Return the times of single questions and edits in ms, and the peak of memory."""
    drawn = random.Random(2)
    with KnowledgeBase.open(path, writable=True) as base:
        query = base._connection.execute
        names = [name for (name,) in query("SELECT en FROM entity ORDER BY id LIMIT ?", (_KNOWN,))]
        texts = [text for (text,) in query("SELECT text FROM chunk ORDER BY id LIMIT ?", (_KNOWN,))]
        exact = [f"trait {drawn.randrange(_PROPERTIES)} of {drawn.choice(names)}" for _ in range(num_questions)]
        hybrid = [" ".join(drawn.sample(drawn.choice(texts).split(), _ASKED_WORDS)) for _ in range(num_questions)]
        base.search(exact[0])
        base.search(hybrid[0])
        return {
            "exact_ms": [_ms(partial(base.search, text)) for text in exact],
            "hybrid_ms": [_ms(partial(base.search, text)) for text in hybrid],
            "edit_ms": [_ms(partial(base.set, name, "trait 1", f"New {name}")) for name in names[:num_questions]],
            "memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }


def _write_table(folder: Path, num_facts: int) -> Path:
    drawn = random.Random(0)
    path = folder / "subjects.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(["name", *(f"trait {number}" for number in range(_PROPERTIES))]) + "\n")
        for number in range(num_facts // _PROPERTIES):
            file.write(",".join([f"{_word(drawn)} {number}", *(_word(drawn) for _ in range(_PROPERTIES))]) + "\n")
    return path


def _write_pages(folder: Path, num_chunks: int) -> Path:
    drawn = random.Random(1)
    vocabulary = [_word(drawn) for _ in range(_VOCABULARY)]
    pages = folder / "pages"
    pages.mkdir()
    for number in range(num_chunks // _SECTIONS):
        sections = [
            f"## {drawn.choice(vocabulary)}\n\n{' '.join(drawn.choices(vocabulary, k=_SECTION_WORDS))}.\n"
            for _ in range(_SECTIONS)
        ]
        (pages / f"{number:05}.md").write_text(f"# Page {number}\n\n" + "\n".join(sections), encoding="utf-8")
    return pages


def _word(drawn: random.Random) -> str:
    return "".join(drawn.choices(_SYLLABLES, k=drawn.randint(2, 4)))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _ms(work: Callable[[], object]) -> float:
    return 1e3 * _seconds(work)


if __name__ == "__main__":
    print(json.dumps(search_and_edit(Path(sys.argv[1]), int(sys.argv[2]))))
