"""What each token says, as bytes: stop texts are found in it, and JSON is kept to with it. V = vocabulary."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from limbeck.core.errors import LimbeckError

_FIX = "stop texts and JSON need a byte-level tokenizer; use stop_ids instead"


# compared by identity: what is built from one is kept beside it, and comparing all pieces takes long
@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class Vocabulary:
    """The bytes of each token, none for unused ones, which tokens are marks rather than text, and how text is split."""

    pieces_V: tuple[bytes, ...]
    special_ids: frozenset[int]
    encode: Callable[[str], list[int]]

    def decode(self, tokens: Iterable[int]) -> str:
        """Write tokens as text, special ones included."""
        return b"".join(self.pieces_V[token] for token in tokens).decode("utf-8", "replace")


def byte_level_piece(token: str) -> bytes:
    """Turn the printable letters of a byte-level token back into the bytes they stand for (GPT-2's table)."""
    letters = _bytes_of_letters()
    return b"".join(bytes([letters[letter]]) if letter in letters else letter.encode() for letter in token)


def refuse_tokenizer(kind: str, where: Path) -> LimbeckError:
    """Return the error for a tokenizer whose tokens are not bytes."""
    return LimbeckError(f"tokens of a {kind} tokenizer do not stand for bytes", where=str(where), fix=_FIX)


def read_tokenizer_json(path: Path, vocab_size: int, encode: Callable[[str], list[int]]) -> Vocabulary:
    """Read the vocabulary of a Hugging Face `tokenizer.json`, filled up to `vocab_size`.

    Raises: LimbeckError: the file is missing or damaged, or not of a byte-level tokenizer.
    """
    try:
        fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        _check_byte_level(fields, path)
        pieces = {index: byte_level_piece(token) for token, index in fields["model"]["vocab"].items()}
        added = {token["id"]: token for token in fields["added_tokens"]}
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise LimbeckError(f"no readable tokenizer: {error}", where=str(path)) from error
    pieces |= {index: token["content"].encode() for index, token in added.items()}
    special_ids = frozenset(index for index, token in added.items() if token["special"])
    return Vocabulary(pieces_V=fill_up(pieces, vocab_size), special_ids=special_ids, encode=encode)


def fill_up(pieces: Mapping[int, bytes], vocab_size: int) -> tuple[bytes, ...]:
    """Order pieces by token; a model may score more tokens than its tokenizer has."""
    return tuple(pieces.get(token, b"") for token in range(vocab_size))


def _check_byte_level(fields: Mapping[str, Any], path: Path) -> None:
    decoder = fields.get("decoder") or {}
    steps: Sequence[Mapping[str, Any]] = decoder.get("decoders", [decoder])
    if not any(step.get("type") == "ByteLevel" for step in steps):
        raise refuse_tokenizer(fields["model"].get("type", "nameless"), path)


@cache
def _bytes_of_letters() -> dict[str, int]:
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + index): byte for index, byte in enumerate(others)}
