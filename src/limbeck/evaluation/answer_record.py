"""One judged answer as plain JSON data, with the evidence that was shown."""

from typing import Any

from limbeck.bundle.reply import Reply
from limbeck.evaluation.questions import Question
from limbeck.evaluation.score import Judgement
from limbeck.knowledge.evidence import Citation, Evidence


def record_of(judgement: Judgement) -> dict[str, Any]:
    """Write down one judged answer."""
    question, reply = judgement.question, judgement.reply
    return {
        **question_record(question),
        **answer_record(reply),
        "right": judgement.is_right,
        "cited": judgement.is_cited,
        "unsupported": list(judgement.unsupported),
        "total_ms": round(reply.timings_ms["total"], 2),
        "evidence": [_evidence(row, reply) for row in reply.shown],
    }


def question_record(question: Question) -> dict[str, Any]:
    """Write a question so that a question file can hold it."""
    return {
        "id": question.id,
        "question": question.text,
        "answers": list(question.answers),
        "history": [{"question": turn.question, "answer": turn.answer} for turn in question.history],
        "language": question.language,
        "kind": question.kind,
    }


def answer_record(reply: Reply) -> dict[str, Any]:
    """Write what an answer says and cites: the part that is the same on every machine."""
    return {
        "text": reply.answer.text,
        "refused": reply.answer.refused,
        "citations": [citation_record(citation) for citation in reply.answer.citations],
    }


def citation_record(citation: Citation) -> dict[str, Any]:
    """Write a citation as a row or a span."""
    place = {"row": citation.row} if citation.row is not None else {"span": list(citation.span or ())}
    return {"source": citation.source, **place}


def _evidence(row: Evidence, reply: Reply) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "subject": row.subject.get(reply.language),
        "property": row.property.get(reply.language),
        "value": row.value.get(reply.language)[:160],
        "link": row.link,
        "match": row.match,
        "fit": round(row.fit, 3),
        "is_cited": row in reply.answer.evidence,
        **citation_record(row.citation),
    }
