"""Bytes and durations as people write them: `25 MB`, `300 MiB`, `15 ms/token`."""

import re
from typing import TypeVar

_BYTES = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_MILLISECONDS = {"us": 1e-3, "ms": 1.0, "s": 1e3}
_Number = TypeVar("_Number", int, float)
_QUANTITY = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)\s*(?:/\s*([a-z]+))?\s*")


def parse_size_bytes(text: str) -> int:
    """Read a size such as `25 MB`.

    Raises: ValueError: not a size, or not above zero.
    """
    amount, unit, per = _split(text, example="25 MB")
    if per is not None or unit.lower() not in _BYTES:
        raise ValueError(f"{text!r} is not a size; write one such as '25 MB' or '300 MiB'")
    return _positive(int(amount * _BYTES[unit.lower()]), text)


def parse_latency_ms(text: str) -> float:
    """Read a time per token such as `15 ms/token`.

    Raises: ValueError: not a time per token, or not above zero.
    """
    amount, unit, per = _split(text, example="15 ms/token")
    if per not in (None, "token") or unit.lower() not in _MILLISECONDS:
        raise ValueError(f"{text!r} is not a time per token; write one such as '15 ms/token'")
    return _positive(amount * _MILLISECONDS[unit.lower()], text)


def format_bytes(size_bytes: int) -> str:
    """Write a size the way a recipe does, three significant digits."""
    for unit in ("GB", "MB", "kB"):
        scale = _BYTES[unit.lower()]
        if size_bytes >= scale:
            return (
                f"{size_bytes / scale:.3g} {unit}" if size_bytes < 1000 * scale else f"{size_bytes / scale:.0f} {unit}"
            )
    return f"{size_bytes} B"


def format_duration(seconds: float) -> str:
    """Write a duration for people: `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _split(text: str, *, example: str) -> tuple[float, str, str | None]:
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} has no number and unit; write one such as '{example}'")
    return float(match[1]), match[2], match[3]


def _positive(amount: _Number, text: str) -> _Number:
    if amount <= 0:
        raise ValueError(f"{text!r} must be above zero")
    return amount
