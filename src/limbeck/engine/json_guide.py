"""Keep to JSON token by token: which tokens may follow, and whether the value is complete. V = vocabulary."""

from typing import TYPE_CHECKING, Self, final
from weakref import WeakKeyDictionary, ref

import numpy as np
import numpy.typing as npt

from limbeck.core.errors import LimbeckError, MachineError
from limbeck.engine.engine import Sampling
from limbeck.engine.json_schema import json_grammar
from limbeck.engine.vocabulary import Vocabulary

if TYPE_CHECKING:
    from llguidance import LLMatcher, LLTokenizer

# a second for a large vocabulary, so each is built once
_TOKENIZERS: "WeakKeyDictionary[Vocabulary, LLTokenizer]" = WeakKeyDictionary()


@final
class JsonGuide:
    """Where one answer stands in the grammar of its schema."""

    def __init__(self, matcher: "LLMatcher", stop_ids: tuple[int, ...], *, vocab_size: int) -> None:
        self._matcher = matcher
        self._stop_ids = [token for token in stop_ids if token < vocab_size]
        self._vocab_size = vocab_size

    @property
    def is_complete(self) -> bool:
        """Tell whether nothing may follow."""
        return self._matcher.is_stopped()

    @property
    def may_end(self) -> bool:
        """Tell whether what is written so far is a whole value, as `12` is, which may become `123`."""
        return self._matcher.is_accepting()

    def allowed_V(self) -> npt.NDArray[np.bool_]:
        """Return which tokens may follow; stop tokens only after a whole value.

        Raises: LimbeckError: none may, because the vocabulary cannot spell the value.
        """
        bits = np.frombuffer(self._matcher.compute_bitmask(), np.uint8)
        allowed_V = np.unpackbits(bits, bitorder="little")[: self._vocab_size].astype(np.bool_)
        allowed_V[self._stop_ids] = self.may_end
        if not allowed_V.any():
            raise LimbeckError(f"no token can continue the JSON: {self._matcher.get_error() or 'none fits'}")
        return allowed_V

    def take(self, token: int) -> None:
        """Move on by a token that is allowed.

        Raises: LimbeckError: it is not, after all.
        """
        if not self._matcher.consume_token(token):
            raise LimbeckError(f"token {token} does not continue the JSON: {self._matcher.get_error()}")

    def fork(self) -> Self:
        """Return a guide at the same place that moves on by itself."""
        return type(self)(self._matcher.deep_copy(), tuple(self._stop_ids), vocab_size=self._vocab_size)


def start_guide(sampling: Sampling, vocabulary: Vocabulary | None) -> JsonGuide | None:
    """Return a guide at the start of a value, or nothing where no schema is asked for.

    Raises: MachineError: llguidance is not installed. LimbeckError: it cannot follow the schema.
    """
    if sampling.json_schema is None or vocabulary is None:
        return None
    try:
        from llguidance import LLMatcher
    except ModuleNotFoundError as error:
        raise MachineError("llguidance is not installed, and JSON needs it", fix="pip install llguidance") from error
    matcher = LLMatcher(_tokenizer(vocabulary), json_grammar(sampling.json_schema))
    if matcher.is_error():
        raise LimbeckError(f"the schema cannot be followed: {matcher.get_error()}", where="json_schema")
    return JsonGuide(matcher, sampling.stop_ids, vocab_size=len(vocabulary.pieces_V))


def _tokenizer(vocabulary: Vocabulary) -> "LLTokenizer":
    from llguidance import LLTokenizer, TokenizerWrapper

    if vocabulary not in _TOKENIZERS:
        _TOKENIZERS[vocabulary] = LLTokenizer(TokenizerWrapper(_Pieces(vocabulary)))
    return _TOKENIZERS[vocabulary]


class _Pieces:
    """A vocabulary as llguidance wants it, with an end token of its own: ours are chosen for each answer."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        # llguidance keeps this object out of sight of the garbage collector, and a vocabulary leads to the weights
        self._vocabulary = ref(vocabulary)
        self._letters = {piece: token for token, piece in enumerate(vocabulary.pieces_V) if len(piece) == 1}
        self.tokens = [*vocabulary.pieces_V, b"<end>"]
        self.eos_token_id = len(vocabulary.pieces_V)
        self.bos_token_id = None
        self.special_token_ids = [*sorted(vocabulary.special_ids), self.eos_token_id]

    def __call__(self, text: bytes) -> list[int]:
        """Split text that the grammar forces as the model has learned to read it."""
        vocabulary = self._vocabulary()
        tokens = vocabulary.encode(text.decode()) if vocabulary else []
        # text that looks like a mark, or is not put into NFC, is spelled byte by byte
        if b"".join(self.tokens[token] for token in tokens) != text or set(self.special_token_ids) & set(tokens):
            tokens = [self._letters[bytes([byte])] for byte in text]
        return tokens
