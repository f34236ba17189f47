"""Where search decides by itself: small networks refuse some wordings that they never met.

Search is sure of a passage where it found nothing else. Of facts it is sure only where they are of the one subject
spoken of: of one whose property the question names, where that far outdoes asking for nothing known, since "who
invented the currency of Chad" names a property and asks for another thing; and of one that is asked for in other words,
where none is named or those named are hardly asked for, as in "in what part of its continent is Chad".
How often it errs: `recipes/starter/sure_facts.py` and docs/experiments.md.
"""

from collections.abc import Sequence

from limbeck.fusion.prompt import reference
from limbeck.knowledge.evidence import Evidence

SURE_PASSAGE_FIT = 0.7
SURE_FIT, SURE_LEAD = 0.6, 0.8
UNLIKELY_FIT = 0.1
_MUCH_WORSE = 0.5


def sure_answer(evidence: Sequence[Evidence]) -> str | None:
    """Write, as a model would, the answer that search is sure of; None where there is none."""
    facts = [row for row in evidence if row.kind == "fact"]
    sure = _sure_fact(facts, evidence) if facts else _sure_passage(evidence)
    if sure is None:
        return None
    own = reference(evidence.index(sure) + 1)
    return f"{own}\n{own}"


def is_unlikely(cited: Sequence[Evidence], evidence: Sequence[Evidence]) -> bool:
    """Tell whether an answer rests on rows alone that search takes for hardly asked for, or on a much worse passage."""
    best = max((row.fit for row in evidence), default=0.0)
    least = {"fact": UNLIKELY_FIT, "passage": best * _MUCH_WORSE}
    return all((row.kind == "passage" or row.link != "searched") and row.fit < least[row.kind] for row in cited)


def _sure_passage(passages: Sequence[Evidence]) -> Evidence | None:
    best = max(passages, key=lambda row: row.fit, default=None)
    return best if best is not None and best.fit >= SURE_PASSAGE_FIT else None


def _sure_fact(facts: Sequence[Evidence], evidence: Sequence[Evidence]) -> Evidence | None:
    named = [row for row in facts if row.match != "none" and row.fit >= UNLIKELY_FIT]
    best = max(evidence, key=lambda row: row.fit)
    if best.kind != "fact" or best.fit < SURE_FIT or not _are_of_one(facts):
        return None
    is_only_one_named = named == [best] and best.match == "named" and best.lead >= SURE_LEAD
    return best if is_only_one_named or not named else None


def _are_of_one(facts: Sequence[Evidence]) -> bool:
    return len({row.subject for row in facts}) == 1 and all(row.link != "searched" for row in facts)
