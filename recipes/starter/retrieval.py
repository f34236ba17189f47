"""Find the passage that answers a question: sets to measure on, three ways to rank, and how good a ranking is."""

import json
import math
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
from bank import held_out_pages, read_pages
from embedder import Encoder, Vectors

from limbeck.corpus.language import Language
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.gather import Gathered
from limbeck.knowledge.likeness import passage_text
from limbeck.knowledge.ranking import Ranker
from limbeck.knowledge.source import ChunkRead, FileRead, Source
from limbeck.knowledge.text import content_of, units
from limbeck.knowledge.write import write_all

_ROOT = Path("/set")
_CUTS = (1, 4, 10)
_CANDIDATES = 24

Ranking = list[int]
"""Passages by number, best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A passage of a set."""

    title: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalSet:
    """Passages, and questions with the number of the passage that answers each."""

    language: Language
    passages: tuple[Passage, ...]
    questions: tuple[tuple[str, int], ...]


def read_sets(data: Path) -> dict[str, RetrievalSet]:
    """Read every set, by name."""
    return {
        "xquad en": _squad(data / "xquad" / "xquad.en.json", "en"),
        "cmrc zh": _squad(data / "cmrc2018" / "cmrc2018_trial.json", "zh"),
        "pages en": _pages("en"),
        "pages zh": _pages("zh"),
    }


@final
class WordSearch:
    """The project's own search over a set: BM25 alone, and with what `search` makes of it."""

    def __init__(self, chosen: RetrievalSet) -> None:
        gathered = Gathered()
        for number, passage in enumerate(chosen.passages):
            _add(gathered, f"{number}.md", passage, chosen.language)
        connection = sqlite3.connect(":memory:", isolation_level=None)
        write_all(connection, gathered)
        self._ranker = Ranker(connection)
        self._base = KnowledgeBase(connection)

    def bm25(self, question: str) -> Ranking:
        """Rank by BM25 over the question's content words."""
        return [rowid - 1 for rowid in self._ranker.best("chunk_words", content_of(units(question)))]

    def search(self, question: str) -> Ranking:
        """Rank as an assistant is given passages: four of them."""
        return [int(Path(row.citation.source).stem) for row in self._base.search(question)]


@final
class VectorSearch:
    """Passages by the cosine of their likest window to a question; a window is what the encoder is shown at once."""

    def __init__(self, passages: Sequence[Passage], embedder: Encoder) -> None:
        self._embedder = embedder
        written = [embedder.windows(passage_text(each.title, each.heading, each.text)) for each in passages]
        self._passage_of = np.asarray([number for number, vectors_WD in enumerate(written) for _ in vectors_WD])
        self._count = len(passages)
        self._vectors_WD = np.concatenate(written)

    def rankings(self, questions: Sequence[str]) -> list[Ranking]:
        """Rank for every question."""
        return [self._ranking(vector_D) for vector_D in self._embedder.vectors(questions)]

    def _ranking(self, vector_D: Vectors) -> Ranking:
        best_P = np.full(self._count, -1.0, np.float32)
        np.maximum.at(best_P, self._passage_of, self._vectors_WD @ vector_D)
        return np.argsort(-best_P, kind="stable")[:_CANDIDATES].tolist()


def quality(rankings: Sequence[Ranking], wanted: Sequence[int]) -> dict[str, float]:
    """Return nDCG@10 and recall at a few cuts, where one passage is wanted of each ranking."""
    places = [
        ranking.index(number) if number in ranking else None for ranking, number in zip(rankings, wanted, strict=True)
    ]
    gains = [1 / math.log2(place + 2) for place in places if place is not None and place < max(_CUTS)]
    recalls = {
        f"recall@{cut}": sum(place is not None and place < cut for place in places) / len(places) for cut in _CUTS
    }
    return {"ndcg@10": round(sum(gains) / len(places), 4)} | {name: round(share, 4) for name, share in recalls.items()}


def _squad(path: Path, language: Language) -> RetrievalSet:
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    paragraphs = [paragraph for article in data["data"] for paragraph in article["paragraphs"]]
    return RetrievalSet(
        language=language,
        passages=tuple(Passage(title="", heading="", text=paragraph["context"]) for paragraph in paragraphs),
        questions=tuple(
            (asked["question"], number) for number, paragraph in enumerate(paragraphs) for asked in paragraph["qas"]
        ),
    )


def _pages(language: Language) -> RetrievalSet:
    pages = [page for page in held_out_pages(read_pages()) if page.language == language]
    sections = [(page.title, section) for page in pages for section in page.sections]
    return RetrievalSet(
        language=language,
        passages=tuple(Passage(title=title, heading=each.heading, text=each.text) for title, each in sections),
        questions=tuple((asked, number) for number, (_, each) in enumerate(sections) for asked in each.questions),
    )


def _add(gathered: Gathered, name: str, passage: Passage, language: Language) -> None:
    source = Source(kind="markdown", location=_ROOT / name, root=_ROOT)
    gathered.add(FileRead(path=source.location, digest=""), source)
    gathered.add(
        ChunkRead(
            start=0,
            stop=len(passage.text),
            language=language,
            title=passage.title,
            heading=passage.heading,
            text=passage.text,
        ),
        source,
    )
