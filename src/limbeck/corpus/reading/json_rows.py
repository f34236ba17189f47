"""JSON and JSONL: an object a line, an array of objects, or an object that wraps such an array."""

import json
import re
from collections.abc import Iterator

from limbeck.core.errors import LimbeckError
from limbeck.corpus.reading.row import Row
from limbeck.corpus.unusable import Unusable

_WRAPPERS = ("data", "rows", "train", "examples", "items", "records", "samples")
_SPACE = re.compile(r"\s*")
_FIX_LINE = "write one JSON object a line"
_FIX_FILE = "write JSONL, one object a line, or a JSON array of objects"


def read_json_rows(text: str, name: str, *, is_lines: bool) -> tuple[str, tuple[Row, ...]]:
    """Read the rows of a JSON file by its content; return its form, JSON or JSONL, and the rows.

    is_lines: the file is called JSONL, so that a broken line is one bad row and not a broken file.
    Raises: LimbeckError: an array or an object that breaks off.
    """
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if text.lstrip().startswith("[") and not (is_lines and _is_whole(lines[0][1]) and len(lines) > 1):
        return "JSON", tuple(_array(text, name))
    if len(lines) > 1 and (_is_whole(lines[0][1]) or (is_lines and not _is_whole(text))):
        return "JSONL", tuple(_line(line, f"{name}:{number}") for number, line in lines)
    if is_lines and not _is_whole(text):
        return "JSONL", (_line(text, f"{name}:{lines[0][0]}"),)
    rows = tuple(_one_value(text, name))
    return "JSONL" if is_lines and len(rows) == 1 else "JSON", rows


def _line(line: str, where: str) -> Row:
    try:
        return Row(where=where, value=_fields(json.loads(line)))
    except json.JSONDecodeError as error:
        what = f"{error.msg.lower()} at column {error.colno}"
        return Row(where=where, value=Unusable("broken JSON", what, fix=_FIX_LINE))
    except RecursionError:
        return Row(where=where, value=Unusable("broken JSON", "nested too deeply", fix=_FIX_LINE))


def _fields(value: object) -> dict[str, object] | str | Unusable:
    if isinstance(value, dict | str):
        return value
    kind = {list: "a list", type(None): "null", bool: "a truth value"}.get(type(value), "a number")
    return Unusable("not an object", f"{kind} where an object is expected", fix=_FIX_LINE)


def _is_whole(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _array(text: str, name: str) -> Iterator[Row]:
    decoder = json.JSONDecoder()
    line, counted = 1, 0
    at = _after_space(text, text.index("[") + 1)
    while at < len(text) and text[at] != "]":
        line, counted = line + text.count("\n", counted, at), at
        try:
            value, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise _broken(f"{error.msg.lower()} at column {error.colno}", f"{name}:{error.lineno}") from error
        except RecursionError as error:
            raise _broken("nested too deeply", f"{name}:{line}") from error
        yield Row(where=f"{name}:{line}", value=_fields(value))
        at = _after_space(text, end)
        if text[at : at + 1] == ",":
            at = _after_space(text, at + 1)
        elif text[at : at + 1] != "]":
            raise _broken("the array breaks off", f"{name}:{1 + text.count(chr(10), 0, at)}")
    if text[at + 1 :].strip() or at >= len(text):
        where = f"{name}:{1 + text.count(chr(10), 0, at)}"
        raise _broken("the array breaks off" if at >= len(text) else "more follows after the array", where)


def _one_value(text: str, name: str) -> Iterator[Row]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise _broken(f"{error.msg.lower()} at column {error.colno}", f"{name}:{error.lineno}") from error
    except RecursionError as error:
        raise _broken("nested too deeply", name) from error
    wrapped = [key for key in _WRAPPERS if isinstance(value, dict) and isinstance(value.get(key), list)]
    if len(wrapped) == 1:
        for number, each in enumerate(value[wrapped[0]], start=1):
            yield Row(where=f"{name}:{number}", value=_fields(each))
        return
    yield Row(where=f"{name}:1", value=_fields(value))


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _broken(what: str, where: str) -> LimbeckError:
    return LimbeckError(f"the JSON is broken: {what}", where=where, fix=_FIX_FILE)
