"""Turn text into token ids and back, with the tokenizer file that model, evaluation and serving share."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, final

from tokenizers import Tokenizer

from limbeck.core.errors import LimbeckError

_FIX = "the folder is damaged; build it again"


@final
class TextTokenizer:
    """A tokenizer and the tokens at which its model stops."""

    def __init__(self, tokenizer: Tokenizer, stop_ids: tuple[int, ...]) -> None:
        self._tokenizer = tokenizer
        self.stop_ids = stop_ids

    @property
    def vocab_size(self) -> int:
        """Return how many tokens there are, special ones included."""
        size: int = self._tokenizer.get_vocab_size()
        return size

    def encode(self, text: str) -> list[int]:
        """Tokenise; special tokens written in the text count as such, none are added."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def encode_with_offsets(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Tokenise, and tell the characters [start, stop) that each token stands for."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return encoding.ids, encoding.offsets

    def decode(self, ids: Sequence[int]) -> str:
        """Write tokens as text, special ones included."""
        text: str = self._tokenizer.decode(list(ids), skip_special_tokens=False)
        return text


def load(folder: Path) -> TextTokenizer:
    """Read `tokenizer.json`, and the stop tokens beside it.

    Raises: LimbeckError: a file is missing or damaged.
    """
    path = folder / "tokenizer.json"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise LimbeckError(f"no readable tokenizer: {error}", where=str(path), fix=_FIX) from error
    try:
        tokenizer = Tokenizer.from_str(text)
    except Exception as error:  # the library raises nothing narrower
        raise LimbeckError(f"not a tokenizer: {error}", where=str(path), fix=_FIX) from error
    return TextTokenizer(tokenizer, _stop_ids(folder, tokenizer))


def _stop_ids(folder: Path, tokenizer: Tokenizer) -> tuple[int, ...]:
    ends = _read(folder / "generation_config.json").get("eos_token_id")
    if ends is None:
        token = _read(folder / "tokenizer_config.json").get("eos_token")
        ends = tokenizer.token_to_id(token["content"] if isinstance(token, dict) else token) if token else None
    if ends is None:
        ends = _read(folder / "config.json").get("eos_token_id")
    return tuple(ends) if isinstance(ends, list) else () if ends is None else (ends,)


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise LimbeckError(f"not JSON: {error}", where=str(path), fix=_FIX) from error
    return fields
