"""Texts as N-Triples and Turtle quote them."""

from collections.abc import Callable

from limbeck.knowledge.fact_triples import Name, Text

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def quoted(text: Text, name: Callable[[Name], str]) -> str:
    """Write a text with its language or datatype; `name` writes the datatype."""
    escaped = "".join(_escaped(character) for character in text.text)
    if text.language:
        return f'"{escaped}"@{text.language}'
    return f'"{escaped}"' if text.datatype is None else f'"{escaped}"^^{name(text.datatype)}'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    return f"\\u{ord(character):04X}" if ord(character) < 0x20 or ord(character) == 0x7F else character
