"""The small JSON schema that answers can be held to: what it may say, and the grammar it becomes."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from limbeck.core.errors import LimbeckError

_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}


def schema_problems(text: str) -> list[str]:
    """Tell everything about a schema that cannot be used, each with where it stands."""
    try:
        return list(_problems(_parse(text), "json_schema"))
    except (ValueError, RecursionError) as error:
        return [f"json_schema is not JSON: {error}"]


def json_grammar(text: str) -> str:
    """Write a schema without problems as the grammar of JSON without spaces that fits it.

    The text is Lark as llguidance reads it, which llama.cpp has inside: the same grammar on every engine.
    Raises: LimbeckError: the schema has problems.
    """
    if problems := schema_problems(text):
        raise LimbeckError("\n".join(problems))
    # a small model given the choice writes spaces and line ends until its tokens are used up
    schema = _closed(_parse(text)) | {"x-guidance": {"whitespace_flexible": False}}
    return f"start: %json {json.dumps(schema)}"


def _parse(text: str) -> Any:
    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is no JSON number")

    return json.loads(text, parse_constant=refuse)


def _problems(schema: Any, where: str) -> Iterator[str]:
    if not isinstance(schema, dict):
        yield f"{where} is {_shown(schema)}; a schema is an object such as {{}}, which allows any JSON"
        return
    for keyword, value in schema.items():
        if keyword not in KEYWORDS:
            yield f"{where} has {keyword!r}; known are {', '.join(KEYWORDS)}"
        elif check := KEYWORDS[keyword]:
            yield from check(value, f"{where}.{keyword}")
    if isinstance(schema.get("required"), list):
        known = schema.get("properties")
        for name in schema["required"]:
            if isinstance(name, str) and (not isinstance(known, dict) or name not in known):
                yield f"{where}.required names {_shown(name)}, which is not in properties"
    if isinstance(schema.get("enum"), list) and not list(_type_problems(schema.get("type", "null"), where)):
        yield from _misfits(schema, where)


def _misfits(schema: dict[str, Any], where: str) -> Iterator[str]:
    types = schema.get("type", list(_TYPES))
    for value in schema["enum"]:
        if not any(_TYPES[name](value) for name in ([types] if isinstance(types, str) else types)):
            yield f"{where}.enum has {_shown(value)}, which is not of the type beside it"


def _type_problems(value: Any, where: str) -> Iterator[str]:
    names = value if isinstance(value, list) and value else [value]
    for name in names:
        if not isinstance(name, str) or name not in _TYPES:
            yield f"{where} is {_shown(name)}; it takes {', '.join(_TYPES)}, or a list of them"


def _property_problems(value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where} is {_shown(value)}; it takes an object with a schema for each name"
        return
    for name, schema in value.items():
        yield from _problems(schema, f"{where}.{name}")


def _required_problems(value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        yield f"{where} is {_shown(value)}; it takes a list of names"


def _enum_problems(value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, list) or not value or any(isinstance(choice, dict | list) for choice in value):
        yield f"{where} is {_shown(value)}; it takes a list of strings, numbers, true, false and null"


def _additional_problems(value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield f"{where} is {_shown(value)}; it takes true or false"


KEYWORDS: dict[str, Callable[[Any, str], Iterator[str]] | None] = {
    "type": _type_problems,
    "enum": _enum_problems,
    "properties": _property_problems,
    "required": _required_problems,
    "additionalProperties": _additional_problems,
    "items": _problems,
    "title": None,
    "description": None,
}


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Keep objects with named properties to those names, unless the schema says otherwise."""
    closed = {keyword: value for keyword, value in schema.items() if keyword not in ("title", "description")}
    if "properties" in schema:
        closed["properties"] = {name: _closed(inner) for name, inner in schema["properties"].items()}
        closed.setdefault("additionalProperties", False)
    if "items" in schema:
        closed["items"] = _closed(schema["items"])
    return closed


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
