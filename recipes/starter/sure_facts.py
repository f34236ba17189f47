"""Count how often a fact that search is sure of (fusion/certainty.py) answers a question worded as it never saw any.

    python recipes/starter/sure_facts.py

prints, for each tenth of the fit of the best fact, how many questions it answers, how many have another answer and how
many have none; the same where search is sure, and for facts found by words. The questions are
those that the atlas teaches by, each searched for without the fold of wordings it is written in.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from limbeck.corpus.questions import Question, write_questions
from limbeck.corpus.schema import FOLDS
from limbeck.fusion.blur import Blur
from limbeck.fusion.certainty import sure_answer
from limbeck.fusion.lessons import Classroom, values_of
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.build import build
from limbeck.knowledge.embedder import shipped
from limbeck.knowledge.evidence import Evidence
from limbeck.knowledge.forgetting import forget
from limbeck.knowledge.source import Source

ATLAS = Path(__file__).parents[2] / "examples" / "atlas"
_QUESTIONS, _SEED = 8000, 11
_KINDS = ("answers", "another answers", "nothing answers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The likeliest fact for one question: how it was found, what it is to it, and what search makes of it."""

    best: Evidence
    kind: str
    is_sure: bool


def weighed() -> Iterator[Weighed]:
    """Yield the likeliest fact for every question that finds one."""
    with tempfile.TemporaryDirectory() as out:
        path = Path(out) / "atlas.sqlite"
        build([_countries()], path, embedder=shipped())
        for fold in range(FOLDS):
            with forget(path, Path(out) / f"{fold}.sqlite", fold) as base:
                for question in _questions(base, fold):
                    rows = base.search(question.text, question.history)
                    if rows:
                        best = max(rows, key=lambda row: row.fit)
                        yield Weighed(
                            best=best,
                            kind=_kind(best, question),
                            is_sure=sure_answer(rows) is not None,
                        )


def main() -> None:
    """Count and print."""
    found = list(weighed())
    for name, some in (
        ("subject named or carried, no property", [each for each in found if _is_plain(each.best)]),
        ("found by words, property named", [each for each in found if _is_found(each.best, "named")]),
        ("found by words, no property", [each for each in found if _is_found(each.best, "none")]),
    ):
        counts = Counter((int(10 * each.best.fit), each.kind) for each in some)
        print(name)
        for tenth in range(11):
            print(f"  {tenth / 10:.1f}", {kind: counts[tenth, kind] for kind in _KINDS})
    print("sure", dict(Counter(each.kind for each in found if each.is_sure)))


def _kind(best: Evidence, question: Question) -> str:
    if (best.subject.en, best.property_id) == (question.subject, question.property_id):
        return "answers"
    return "another answers" if question.property_id else "nothing answers"


def _is_plain(row: Evidence) -> bool:
    return row.link != "searched" and row.match == "none"


def _is_found(row: Evidence, match: str) -> bool:
    return row.link == "searched" and row.match == match


def _questions(base: KnowledgeBase, fold: int) -> Iterator[Question]:
    """Yield the questions of a fold as lessons ask them, with the values that some name."""
    classroom = Classroom([base.search], values_of(base.facts()), {}, Blur(share=0, depth=0, seed=_SEED))
    for question in write_questions(base.schema(), count=_QUESTIONS, seed=_SEED):
        asked = classroom._with_value(question) if question.fold == fold else None
        if asked is not None:
            yield asked


def _countries() -> Source:
    return Source(kind="table", location=ATLAS / "countries.csv", root=ATLAS, options={"mapping": "countries.toml"})


if __name__ == "__main__":
    main()
