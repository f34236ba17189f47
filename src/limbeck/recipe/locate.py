"""The line on which each key of a TOML text stands, which `tomllib` does not tell."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

KeyPath = tuple[str | int, ...]
"""Keys and list positions from the top, such as `("knowledge", 0, "kind")`."""

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r]+|\#[^\n]*)
      | (?P<text>\"{3}(?:\\.|[^\\])*?\"{3,5}|'{3}.*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')
      | (?P<mark>[\[\]{}=,.\n])
      | (?P<bare>[^\s\[\]{}=,.\#"']+)""",
    re.VERBOSE | re.DOTALL,
)
_ENDS_VALUE = frozenset({",", "]", "}", "\n"})


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    line: int


def key_lines(text: str) -> dict[KeyPath, int]:
    """Map every key path of a valid TOML text to its line (1 is the first)."""
    return _Scan(text).run()


def line_of(lines: dict[KeyPath, int], path: KeyPath) -> int | None:
    """Return the line of a path, or of the nearest enclosing key that is written down."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


class _Scan:
    """A lenient reader over tokens: `tomllib` has already accepted the text."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        self._lines: dict[KeyPath, int] = {}
        self._counts: dict[KeyPath, int] = {}

    def run(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while self._at < len(self._tokens):
            if self._peek() == "\n":
                self._at += 1
            elif self._peek() == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _header(self) -> KeyPath:
        line = self._tokens[self._at].line
        self._at += 1
        is_array = self._peek() == "["
        self._at += is_array
        keys = self._key()
        self._at += 2 if is_array else 1
        table = (*self._current(keys[:-1]), keys[-1])
        self._lines.setdefault(table, line)
        if not is_array:
            return self._current(keys)
        position = self._counts.get(table, 0)
        self._counts[table] = position + 1
        self._lines[(*table, position)] = line
        return (*table, position)

    def _current(self, keys: KeyPath) -> KeyPath:
        """Step into the newest entry of every array of tables on the way."""
        path: KeyPath = ()
        for key in keys:
            path = (*path, key)
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
        return path

    def _pair(self, table: KeyPath) -> None:
        line = self._tokens[self._at].line
        keys = self._key()
        for length in range(1, len(keys) + 1):
            self._lines.setdefault(table + keys[:length], line)
        self._at += 1
        self._value(table + keys)

    def _key(self) -> KeyPath:
        keys: list[str] = []
        while self._peek() not in ("=", "]"):
            if self._peek() != ".":
                keys.append(_unquoted(self._peek()))
            self._at += 1
        return tuple(keys)

    def _value(self, path: KeyPath) -> None:
        if self._peek() == "[":
            self._list(path)
        elif self._peek() == "{":
            self._inline_table(path)
        else:
            while self._at < len(self._tokens) and self._peek() not in _ENDS_VALUE:
                self._at += 1

    def _list(self, path: KeyPath) -> None:
        self._at += 1
        position = 0
        while self._peek() != "]":
            if self._peek() in ("\n", ","):
                self._at += 1
                continue
            self._lines[(*path, position)] = self._tokens[self._at].line
            self._value((*path, position))
            position += 1
        self._at += 1

    def _inline_table(self, path: KeyPath) -> None:
        self._at += 1
        while self._peek() != "}":
            if self._peek() in ("\n", ","):
                self._at += 1
                continue
            self._pair(path)
        self._at += 1

    def _peek(self) -> str:
        return self._tokens[self._at].text


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "space":
            yield _Token(match[0], line)
        line += match[0].count("\n")


def _unquoted(key: str) -> str:
    return key[1:-1] if key[0] in "\"'" else key
