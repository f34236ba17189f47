"""Write the resolved recipe as TOML, the same bytes for the same recipe."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def write_toml(table: Mapping[str, object]) -> str:
    """Write nested mappings as TOML with sorted keys; `None` is left out, which TOML cannot say.

    Raises: TypeError: a value TOML has no form for.
    """
    return "\n".join(_lines(table, ())).strip() + "\n"


def _lines(table: Mapping[str, object], path: tuple[str, ...]) -> Iterator[str]:
    nested = {key: value for key, value in table.items() if _is_table(value) or _is_tables(value)}
    for key in sorted(table.keys() - nested.keys()):
        if table[key] is not None:
            yield f"{_key(key)} = {_value(table[key])}"
    for key, value in sorted(nested.items()):
        inner = (*path, key)
        name = ".".join(_key(part) for part in inner)
        for item in value if _is_tables(value) else (value,):  # type: ignore[attr-defined]
            yield ""
            yield f"[[{name}]]" if _is_tables(value) else f"[{name}]"
            yield from _lines(item, inner)


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping)


def _is_tables(value: object) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _string(key)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Sequence):
        return f"[{', '.join(_value(item) for item in value)}]"
    raise TypeError(f"a recipe lock cannot hold {value!r}")


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
