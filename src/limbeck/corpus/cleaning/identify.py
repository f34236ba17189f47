"""Which language a record is in, by `py3langid`; what is too short to tell is never taken for another."""

import difflib
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from limbeck.core.errors import LimbeckError
from limbeck.corpus.record import Record
from limbeck.corpus.unusable import BadRow

UNCERTAIN = ""
_CONFIDENT = 0.5
_LOOKED_AT = 2000
# Written Chinese, whichever of its languages a short text could also be.
_CHINESE = frozenset({"zh", "yue", "wuu", "gan", "hak", "nan", "lzh"})


def language_code(text: str) -> str:
    """Return the ISO 639 code of a text's language, every Chinese one as `zh`; UNCERTAIN where it is a guess."""
    shares: dict[str, float] = {}
    for code, share in _identifier().rank(text[:_LOOKED_AT]):
        merged = "zh" if code in _CHINESE else code
        shares[merged] = shares.get(merged, 0.0) + share
    code, share = max(shares.items(), key=lambda item: item[1])
    return code if share >= _CONFIDENT else UNCERTAIN


def keep_languages(
    records: Sequence[Record], languages: Sequence[str], tell: Callable[[str], str] = language_code
) -> tuple[list[Record], list[BadRow]]:
    """Keep records in one of the languages, and those that are too short or too mixed to tell.

    Raises: LimbeckError: a language that cannot be told.
    """
    _check(languages)
    kept, dropped = [], []
    for record in records:
        code = tell("\n".join(record.passages))
        if code == UNCERTAIN or code in languages:
            kept.append(record)
        else:
            dropped.append(BadRow(where=record.where, what=f"in {code!r}"))
    return kept, dropped


def _check(languages: Sequence[str]) -> None:
    known = sorted({"zh" if code in _CHINESE else code for code in _identifier().labels})
    for language in languages:
        if language not in known:
            near = difflib.get_close_matches(language, known, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            fix = f"{hint}languages are codes such as en, zh, fr"
            raise LimbeckError(f"there is no language {language!r} that can be told", fix=fix)


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
