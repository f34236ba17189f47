"""The text that a field of a row holds."""

from limbeck.corpus.reading.row import Fields
from limbeck.corpus.unusable import Unusable


def text_in(fields: Fields, name: str) -> str:
    """Return a field as text; whole and decimal numbers are written out.

    Raises: Unusable: no such field, no text in it, or something else than text.
    """
    if fields.get(name) is None:
        fix = "give every row the same fields, or take the row out"
        raise Unusable("missing field", f"there is no {name!r}", fix=fix)
    text = _as_text(fields[name], name)
    if not text.strip():
        raise Unusable("empty text", f"{name!r} is empty", fix="fill it, or take the row out")
    return text


def optional_text_in(fields: Fields, name: str) -> str:
    """Return a field as text, or an empty text where it is missing or empty.

    Raises: Unusable: something else than text.
    """
    return "" if fields.get(name) is None else _as_text(fields[name], name)


def _as_text(value: object, name: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    kind = {list: "a list", dict: "an object", bool: "a truth value"}.get(type(value), type(value).__name__)
    raise Unusable("not text", f"{name!r} holds {kind}", fix=f"write {name!r} as text")
