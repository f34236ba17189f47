"""A question as it came, made fit to be answered: cleaned, and its language settled."""

import re
import unicodedata
from collections.abc import Sequence

from limbeck.bundle.turn import Turn
from limbeck.core.errors import UsageError
from limbeck.corpus.language import Language, language_of

_WORD = re.compile(r"[^\W\d_]+")
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def clean(question: str) -> str:
    """Replace control, format and broken characters by spaces.

    Raises: UsageError: nothing is left to answer.
    """
    visible = "".join(" " if unicodedata.category(character) in _HIDDEN else character for character in question)
    asked = " ".join(visible.split())
    if not asked:
        fix = 'ask something, such as "What is the capital of Chad?"'
        raise UsageError(f"the question {question[:40]!r} is empty", fix=fix)
    return asked


def language_to_answer(question: str, history: Sequence[Turn]) -> Language:
    """Return the language of a question; a lone name or number follows the conversation."""
    own = language_of(question)
    is_ambiguous = own == "en" and len(_WORD.findall(question)) <= 1
    return language_of(history[-1].question) if is_ambiguous and history else own
