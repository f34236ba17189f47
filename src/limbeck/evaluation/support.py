"""Find values in an answer that stand in none of its cited rows: there must never be one."""

import re
from collections.abc import Callable, Iterator

from limbeck.bundle.reply import Reply
from limbeck.evaluation.normal_form import contains, figures, is_han
from limbeck.knowledge.evidence import Evidence

_CAPITALISED = re.compile(r"[A-Z\u00c0-\u00de][\w'’.-]*(?:\s+(?:(?:of|and|the|de|du)\s+)?[A-Z\u00c0-\u00de][\w'’.-]*)*")
_HAN_RUN = re.compile(r"[\u3400-\u9fff·]+")
_MAX_HAN_CHARS = 8
_GAP = "\n"


def unsupported(reply: Reply, names_for: Callable[[str], tuple[str, ...]]) -> tuple[str, ...]:
    """Return the figures and the knowledge-base values of an answer that no cited row holds.

    What the cited rows say is taken out of the text first; what is left is the model's own wording.
    """
    if reply.answer.refused:
        return ()
    cited = [text for row in reply.answer.evidence for text in _texts(row)]
    own_words = _without(reply.answer.text, cited)
    allowed = {figure for text in cited for figure in figures(text)}
    values = [*_shown_elsewhere(reply, own_words), *_known(own_words, names_for)]
    strays = [value for value in values if not any(contains(text, value) for text in cited)]
    return tuple(sorted({*strays, *(figures(own_words) - allowed)}))


def _texts(row: Evidence) -> tuple[str, ...]:
    labels = (row.value, row.subject, row.property)
    return tuple(text for label in labels for text in (label.en, label.zh) if text)


def _without(text: str, cited: list[str]) -> str:
    for part in sorted(cited, key=len, reverse=True):
        text = text.replace(" ".join(part.split()), _GAP)
    return text


def _shown_elsewhere(reply: Reply, own_words: str) -> Iterator[str]:
    """Yield values of rows that were shown but not cited, written as they stand there."""
    for row in reply.shown:
        if row.kind == "passage" or row in reply.answer.evidence:
            continue
        for value in (row.value.en, row.value.zh):
            if len(value) > 1 and (is_han(value) or value[0].isupper()) and contains(own_words, value):
                yield value


def _known(own_words: str, names_for: Callable[[str], tuple[str, ...]]) -> Iterator[str]:
    """Yield names the base knows; the first word of a Latin sentence is capitalised anyway, and checked too."""
    for candidate in {*_capitalised(own_words), *_han_parts(own_words)}:
        if any(name != candidate for name in names_for(candidate)):
            yield candidate


def _capitalised(text: str) -> Iterator[str]:
    for match in _CAPITALISED.finditer(text):
        yield match[0].rstrip(".")
        yield from (word.rstrip(".") for word in match[0].split() if len(word) > 2)


def _han_parts(text: str) -> Iterator[str]:
    for run in _HAN_RUN.findall(text):
        for start in range(len(run)):
            for end in range(start + 2, min(len(run), start + _MAX_HAN_CHARS) + 1):
                yield run[start:end]
