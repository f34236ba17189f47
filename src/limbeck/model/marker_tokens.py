"""Find in a tokenizer what hides tokens: its mask, its sentinels, and which ids are words."""

import itertools
import re

from tokenizers import Tokenizer

from limbeck.core.errors import LimbeckError
from limbeck.model.infilling import Infilling
from limbeck.model.masking import Masking
from limbeck.model.span_corruption import Spans

_MASKS = ("<mask>", "[MASK]", "<|mask|>")
_SENTINEL = re.compile(r"<extra_id_(\d+)>")


def masking_of(words: Tokenizer) -> Masking:
    """Return how tokens are hidden from a masked encoder.

    Raises: LimbeckError: the tokenizer has no mask.
    """
    first, stop = word_ids(words)
    return Masking(mask_id=_mask_of(words), first_word=first, vocab_size=stop)


def infilling_of(words: Tokenizer, *, end_id: int, pad_id: int, start_id: int | None = None) -> Infilling:
    """Return how spans are hidden from a BART.

    Raises: LimbeckError: the tokenizer has no mask.
    """
    return Infilling(mask_id=_mask_of(words), end_id=end_id, pad_id=pad_id, start_id=start_id)


def spans_of(words: Tokenizer, *, end_id: int) -> Spans:
    """Return how spans are taken out for a T5: its sentinels are `<extra_id_0>` and on.

    Raises: LimbeckError: the tokenizer has no sentinels.
    """
    vocabulary: dict[str, int] = words.get_vocab()
    found = {name: _SENTINEL.fullmatch(name) for name in vocabulary}
    numbered = sorted((int(match[1]), name) for name, match in found.items() if match)
    if not numbered:
        raise _lacking("sentinels", "<extra_id_0> to <extra_id_99>")
    return Spans(sentinels=tuple(vocabulary[name] for _, name in numbered), end_id=end_id)


def word_ids(words: Tokenizer) -> tuple[int, int]:
    """Return [first, stop) of the longest run of ids that are no special tokens."""
    special = {number for number, token in words.get_added_tokens_decoder().items() if token.special}
    edges = sorted({-1, words.get_vocab_size(), *special})
    start, stop = max(itertools.pairwise(edges), key=lambda pair: pair[1] - pair[0])
    return start + 1, stop


def _mask_of(words: Tokenizer) -> int:
    for name in _MASKS:
        number = words.token_to_id(name)
        if number is not None:
            return int(number)
    raise _lacking("mask", " or ".join(_MASKS))


def _lacking(what: str, names: str) -> LimbeckError:
    fix = f"add {names} to tokenizer.json as special tokens, or learn by another objective"
    return LimbeckError(f"the tokenizer has no {what} to hide tokens with", where="tokenizer.json", fix=fix)
