"""Typed values to the text of a cell: numbers as they are written, dates as ISO 8601, lists parted by `;`."""

import datetime
import decimal

_SEPARATOR = ";"


def cell_of(value: object, where: str) -> str:
    """Write one value of a row as text; `where` names it in the error.

    Raises: ValueError: it is neither plain nor a list of plain values, or an item holds the separator.
    """
    if isinstance(value, list | tuple):
        parts = [_plain(each, where) for each in value]
        if len(parts) > 1 and any(_SEPARATOR in part for part in parts):
            raise ValueError(f"{where} holds a list with {_SEPARATOR!r} in an item, which parts items here")
        return _SEPARATOR.join(part for part in parts if part)
    return _plain(value, where)


def _plain(value: object, where: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, float | decimal.Decimal):
        return _number(value)
    if isinstance(value, datetime.datetime):
        is_day = value.time() == datetime.time() and value.tzinfo is None
        return value.date().isoformat() if is_day else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return str(value)
    raise ValueError(f"{where} holds {_kind(value)}, which is no cell")


def _number(value: float | decimal.Decimal) -> str:
    """Write a number without an exponent or a point that says nothing; not a number is an empty cell."""
    number = decimal.Decimal(repr(value)) if isinstance(value, float) else value
    if not number.is_finite():
        return ""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _kind(value: object) -> str:
    names: dict[type, str] = {dict: "an object", list: "a list in a list", bytes: "bytes"}
    return names.get(type(value), f"a {type(value).__name__}")
