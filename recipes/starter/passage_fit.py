"""Fit how likely a passage answers a question (knowledge/passage_fit.py) to the practice handbook's questions.

    python recipes/starter/passage_fit.py

prints the weights, for passages whose wordings are known and for others, and how well they tell right passages from
others: fitted to five sixths of the practice handbook and tried on the rest in turn, and, without wordings, on the
bank's pages, which are of other topics and asked about less directly. No question is among the wordings it meets.
N = passages shown, F = clues.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from bank import Page, read_pages

from limbeck.corpus.questions import Question
from limbeck.corpus.schema import FOLDS
from limbeck.fusion.practice_pages import practice_questions, practice_source
from limbeck.knowledge.answer_kind import kinds_asked
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.build import build
from limbeck.knowledge.embedder import Embedder, shipped
from limbeck.knowledge.evidence import Evidence
from limbeck.knowledge.forgetting import forget
from limbeck.knowledge.intent_rows import chunks_by_section, read_intents
from limbeck.knowledge.likeness import passage_text
from limbeck.knowledge.passage_fit import Clues, PassageReader
from limbeck.knowledge.ranking import Ranker, coverage
from limbeck.knowledge.sought import Shares
from limbeck.knowledge.source import Source
from limbeck.knowledge.text import content_of, units, words

_SHOWN = 4
_FOLDS = 6
_STEPS = 3000
_PAGES_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """The passages that a question is shown with: their clues (N, F), which is right (N,), and where it belongs."""

    clues_NF: npt.NDArray[np.float64]
    right_N: npt.NDArray[np.float64]
    language: str
    page: str


def show(source: Source, questions: Sequence[Question], embedder: Embedder) -> Iterator[Shown]:
    """Search pages for every question, by all wordings but those of its fold, and yield what is found."""
    with tempfile.TemporaryDirectory() as out:
        path = Path(out) / "pages.sqlite"
        build([source], path, embedder=embedder)
        for fold in range(FOLDS):
            with forget(path, Path(out) / f"{fold}.sqlite", fold) as base:
                weigher = Weigher(base, embedder)
                for number, question in enumerate(each for each in questions if each.fold == fold):
                    rows = [row for row in base.search(question.text) if row.kind == "passage"][:_SHOWN]
                    if rows:
                        clues = [weigher.clues(question.text, row).numbers() for row in rows]
                        right = [float(_is_right(row, question)) for row in rows]
                        page = question.page.partition(".")[0] or f"none {number % _FOLDS}"
                        yield Shown(np.array(clues, float), np.array(right), question.language, page)


class Weigher:
    """Weigh passages of one base as its own search does."""

    def __init__(self, base: KnowledgeBase, embedder: Embedder) -> None:
        connection = base._connection
        self._ranker, self._reader, self._embedder = Ranker(connection), PassageReader(embedder.words), embedder
        self._intents = read_intents(connection, "", "passage")
        first_of = {rowid: rowids[0] for rowids in chunks_by_section(connection).values() for rowid in rowids}
        query = "SELECT name, start, stop, chunk.id FROM chunk JOIN source ON source.id = source_id"
        spans = connection.execute(query).fetchall()
        self._first = {(name, (start, stop)): first_of.get(rowid) for name, start, stop, rowid in spans}

    def clues(self, question: str, row: Evidence) -> Clues:
        """Return what speaks for a passage."""
        passage = (row.subject.en, row.property.en, row.value.en)
        vector_D = self._embedder.vector(question)
        scores = self._intents.scores(question, vector_D) if self._intents else {}
        first = self._first[row.citation.source, row.citation.span]
        weights = self._ranker.weights(content_of(units(question)))
        shares = Shares(
            coverage=coverage(weights, frozenset(words("\n".join(passage)))),
            likeness=max(0.0, float((self._embedder.windows(passage_text(*passage)) @ vector_D).max())),
            asked=scores[first].fit if first in scores else None,
        )
        return self._reader.clues(self._reader.asked(question), passage, kinds_asked(question), shares=shares)


def fit(shown: Sequence[Shown]) -> npt.NDArray[np.float64]:
    """Return the weights of the clues, and last the constant, of the likeliest logistic regression."""
    clues = torch.tensor(np.concatenate([each.clues_NF for each in shown]))
    right = torch.tensor(np.concatenate([each.right_N for each in shown]))
    weights = torch.zeros(clues.shape[1] + 1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        scores = clues @ weights[:-1] + weights[-1]
        found = torch.nn.functional.binary_cross_entropy_with_logits(scores, right) + 1e-5 * (weights[:-1] ** 2).sum()
        found.backward()
        return found

    optimizer.step(loss)
    return weights.detach().numpy()


def report(name: str, shown: Sequence[Shown], scores: Sequence[npt.NDArray[np.float64]]) -> None:
    """Print how often the best passage is right, and the area under the curve of answerable against not."""
    for language in ("en", "zh"):
        some = [(each, score) for each, score in zip(shown, scores, strict=True) if each.language == language]
        first = [each.right_N[score.argmax()] for each, score in some if each.right_N.any()]
        best = [(float(score.max()), bool(each.right_N.any())) for each, score in some]
        print(f"{name} {language}: first {np.mean(first):.3f}, answerable {_area(best):.3f}, n = {len(some)}")


def main() -> None:
    """Fit, try, and print."""
    embedder = shipped()
    assert embedder is not None, "the package lacks its encoder"
    practice = list(show(practice_source(), practice_questions(), embedder))
    without = [replace(each, clues_NF=each.clues_NF[:, :-1]) for each in practice]
    for name, some in (("asked", practice), ("not asked", without)):
        report(f"practice, kept back, {name}", some, list(_tried(some)))
        print(tuple(round(float(weight), 3) for weight in fit(some)))
    weights = fit(without)
    bank = [each for some in _pages() for each in _show_pages(some, embedder)]
    report("bank", bank, [each.clues_NF @ weights[:-1] for each in bank])


def _tried(shown: Sequence[Shown]) -> Iterator[npt.NDArray[np.float64]]:
    """Yield for each question the scores of its passages, by weights fitted without the page it is about."""
    fold_of = {page: number % _FOLDS for number, page in enumerate(sorted({each.page for each in shown}))}
    weights = [fit([each for each in shown if fold_of[each.page] != fold]) for fold in range(_FOLDS)]
    for each in shown:
        yield each.clues_NF @ weights[fold_of[each.page]][:-1]


def _is_right(row: Evidence, question: Question) -> bool:
    page = row.citation.source.rpartition("/")[2]
    return bool(question.page) and page == question.page and row.property.en == question.heading


def _pages() -> Iterator[list[Page]]:
    rest = iter(read_pages())
    while some := list(islice(rest, _PAGES_AT_ONCE)):
        yield some


def _show_pages(pages: Sequence[Page], embedder: Embedder) -> Iterator[Shown]:
    questions: list[Question] = []
    with tempfile.TemporaryDirectory() as out:
        for number, page in enumerate(pages):
            name = f"{number}.{page.language}.md"
            sections = "".join(f"\n## {each.heading}\n\n{each.text}\n" for each in page.sections)
            (Path(out) / name).write_text(f"# {page.title}\n{sections}", encoding="utf-8")
            about = {"language": page.language, "kind": "passage"}
            questions += [
                Question(text=text, page=name, heading=each.heading, **about)  # type: ignore[arg-type]
                for each in page.sections
                for text in each.questions
            ]
            questions += [Question(text=text, **about) for text in page.unanswered]  # type: ignore[arg-type]
        yield from show(Source(kind="markdown", location=Path(out), root=Path(out)), questions, embedder)


def _area(scored: Sequence[tuple[float, bool]]) -> float:
    right = np.array([score for score, is_right in scored if is_right])
    wrong = np.array([score for score, is_right in scored if not is_right])
    return float((right[:, None] > wrong).mean() + (right[:, None] == wrong).mean() / 2)


if __name__ == "__main__":
    main()
