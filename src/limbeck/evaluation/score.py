"""Hold replies against the answers that count: right, rightly cited, rightly refused."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from limbeck.bundle.reply import Reply
from limbeck.core.errors import KnowledgeError
from limbeck.evaluation.measurement import Measurement, share
from limbeck.evaluation.normal_form import contains, is_han
from limbeck.evaluation.questions import Question
from limbeck.evaluation.support import unsupported
from limbeck.knowledge.evidence import Citation


class Names(Protocol):
    """What scoring asks of a knowledge base."""

    def names_for(self, value: str) -> tuple[str, ...]:
        """Return every name the base holds for a value."""

    def resolve(self, citation: Citation) -> str:
        """Return the row or the passage a citation names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What became of one question; `unsupported` are the values that stand in no cited row."""

    question: Question
    reply: Reply
    is_right: bool
    is_cited: bool
    unsupported: tuple[str, ...]

    @property
    def is_refused(self) -> bool:
        """Tell whether the assistant declined to answer."""
        return self.reply.answer.refused


def judge(question: Question, reply: Reply, names: Names) -> Judgement:
    """Judge one reply.

    Right: refused where there is no answer; else not refused, and the text holds one of the answers
    or a name the knowledge base has for it. Cited: right, and a cited row holds the answer too.
    """
    answer = reply.answer
    accepted = tuple(_accepted(question.answers, names.names_for))
    is_found = not answer.refused and _holds(answer.text, accepted)
    return Judgement(
        question=question,
        reply=reply,
        is_right=is_found if question.is_answerable else answer.refused,
        is_cited=is_found and any(_holds(text, accepted) for text in _cited_texts(reply, names)),
        unsupported=unsupported(reply, names.names_for),
    )


def measure(judgements: Sequence[Judgement]) -> tuple[Measurement, ...]:
    """Sum judgements up, over all questions, then per language and per kind.

    accuracy: share of all questions that are right; an unanswerable one is right when refused.
    citation_accuracy: share of the right answers that cite a row which holds the answer.
    cited_accuracy: share of all questions that are right and, where answered, rightly cited.
    refusal_precision: share of refusals that had to be; refusal_recall: share of those that had to be that were.
    """
    return (*_scores(judgements), *_groups(judgements))


def _scores(judgements: Sequence[Judgement]) -> tuple[Measurement, ...]:
    answered = [one for one in judgements if one.is_right and not one.is_refused]
    refused = [one for one in judgements if one.is_refused]
    unanswerable = [one for one in judgements if not one.question.is_answerable]
    rightly_refused = sum(one.is_refused for one in unanswerable)
    num_cited = sum(one.is_cited for one in answered)
    return (
        share("accuracy", sum(one.is_right for one in judgements), len(judgements)),
        share("citation_accuracy", num_cited, len(answered)),
        share("cited_accuracy", num_cited + rightly_refused, len(judgements)),
        share("refusal_precision", rightly_refused, len(refused)),
        share("refusal_recall", rightly_refused, len(unanswerable)),
        Measurement(
            name="unsupported_values",
            value=sum(bool(one.unsupported) for one in judgements),
            unit="answers",
            bar=0,
            bound="at most",
            n=len(judgements),
        ),
    )


def _groups(judgements: Sequence[Judgement]) -> Iterable[Measurement]:
    groupings: tuple[tuple[str, Callable[[Judgement], str]], ...] = (
        ("language", lambda one: one.question.language),
        ("kind", lambda one: one.question.kind),
    )
    for grouping, key in groupings:
        for group in sorted({key(one) for one in judgements} - {""}):
            members = [one for one in judgements if key(one) == group]
            yield share(f"accuracy {grouping}={group}", sum(one.is_right for one in members), len(members))


def _accepted(answers: Iterable[str], names_for: Callable[[str], tuple[str, ...]]) -> Iterable[str]:
    """Return the answers and their other names; a lone Han character is too common to stand for one."""
    for answer in answers:
        yield answer
        yield from (name for name in names_for(answer) if len(name) > 1 or not is_han(name))


def _holds(text: str, accepted: Iterable[str]) -> bool:
    return any(contains(text, needle) for needle in accepted)


def _cited_texts(reply: Reply, names: Names) -> list[str]:
    """Return what the cited rows say; nothing where a citation leads nowhere, so that it counts as wrong."""
    try:
        resolved = [names.resolve(citation) for citation in reply.answer.citations]
    except KnowledgeError:
        return []
    labels = [label for row in reply.answer.evidence for label in (row.value, row.subject)]
    return [*resolved, *(text for label in labels for text in (label.en, label.zh))]
