"""Read what little we need from the front of a GGUF file, and whether it is whole."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from limbeck.core.errors import LimbeckError
from limbeck.engine.vocabulary import Vocabulary, byte_level_piece, fill_up

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_SIZE_KEY = "limbeck.size_bytes"
_TOKENS_KEY, _TYPES_KEY = "tokenizer.ggml.tokens", "tokenizer.ggml.token_type"
_NORMAL, _CONTROL, _UNUSED = 1, 3, 5
_FIX = "the file is damaged; export it again"


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufHeader:
    """What a file says of its model."""

    path: Path
    context_length: int
    vocab_size: int
    ends: frozenset[int]


def read_header(path: Path) -> GgufHeader:
    """Read the entries before the vocabulary.

    Raises: LimbeckError: not a GGUF file of ours, or not all of it.
    """
    try:
        with path.open("rb") as file:
            entries = _entries(file)
        name = entries["general.architecture"]
        size_bytes = entries[_SIZE_KEY]
        header = GgufHeader(
            path=path,
            context_length=entries[f"{name}.context_length"],
            vocab_size=entries[f"{name}.vocab_size"],
            ends=frozenset(entries[key] for key in ["tokenizer.ggml.eos_token_id"] if key in entries),
        )
    except (OSError, KeyError, ValueError, struct.error) as error:
        raise LimbeckError(f"not a GGUF file written by limbeck: {error}", where=str(path), fix=_FIX) from error
    if size_bytes != path.stat().st_size:
        raise LimbeckError(f"{path.stat().st_size} of {size_bytes} bytes are here", where=str(path), fix=_FIX)
    return header


def read_vocabulary(path: Path, vocab_size: int, encode: Callable[[str], list[int]]) -> Vocabulary:
    """Read what each token says; our files hold byte-level tokenizers only.

    Raises: LimbeckError: not a GGUF file of ours, or not all of it.
    """
    try:
        with path.open("rb") as file:
            entries = _entries(file, arrays=(_TOKENS_KEY, _TYPES_KEY))
        types: list[int] = entries[_TYPES_KEY]
        tokens = enumerate(zip(entries[_TOKENS_KEY], types, strict=True))
        pieces = {index: _piece(token, kind) for index, (token, kind) in tokens}
    except (OSError, KeyError, ValueError, struct.error) as error:
        raise LimbeckError(f"no readable vocabulary: {error}", where=str(path), fix=_FIX) from error
    special_ids = frozenset(index for index, kind in enumerate(types) if kind == _CONTROL)
    return Vocabulary(pieces_V=fill_up(pieces, vocab_size), special_ids=special_ids, encode=encode)


def _piece(token: str, kind: int) -> bytes:
    if kind == _UNUSED:
        return b""
    return byte_level_piece(token) if kind == _NORMAL else token.encode()


def _entries(file: BinaryIO, *, arrays: tuple[str, ...] = ()) -> dict[str, Any]:
    """Read entries up to the first array, or all up to the last array that is asked for."""
    if file.read(4) != b"GGUF":
        raise ValueError("it does not start with GGUF")
    _, _, count = struct.unpack("<IQQ", file.read(20))
    entries: dict[str, Any] = {}
    for _ in range(count):
        key = _string(file)
        (kind,) = struct.unpack("<I", file.read(4))
        if kind == _ARRAY and not arrays:
            break  # the vocabulary: long, and after everything we want
        entries[key] = _array(file) if kind == _ARRAY else _value(file, kind)
        if arrays and set(arrays) <= set(entries):
            break
    return entries


def _array(file: BinaryIO) -> list[Any]:
    kind, count = struct.unpack("<IQ", file.read(12))
    return [_value(file, kind) for _ in range(count)]


def _value(file: BinaryIO, kind: int) -> Any:
    return _string(file) if kind == _STRING else _scalar(file, kind)


def _scalar(file: BinaryIO, kind: int) -> Any:
    form = "<" + _SCALARS[kind]
    return struct.unpack(form, file.read(struct.calcsize(form)))[0]


def _string(file: BinaryIO) -> str:
    (length,) = struct.unpack("<Q", file.read(8))
    if length > 1 << 20:
        raise ValueError("a key or value is too long")
    return file.read(length).decode("utf-8")
