import tomllib
from typing import Any

from limbeck.recipe.locate import KeyPath, key_lines, line_of

TEXT = '''\
# a comment = not a key
"quoted key" = 1
a.b.c = "x # y = z"
list = [
  1,  # one
  { inner = [true, 2.5] },
]
text = """
[not.a.table]
still = "text" """
when = 1979-05-27 07:32:00
inline = { x = 1, y.z = 'l' }

[table.sub]
key = 'a\\'
[[array]]
one = 1
[[array]]
two = 2
[array.nested]
deep = 3
[[array.list]]
last = 4'''


def paths(value: Any, path: KeyPath = ()) -> set[KeyPath]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {path, *(found for key, item in items for found in paths(item, (*path, key)))}


def test_every_leaf_that_tomllib_reads_has_its_line() -> None:
    lines = key_lines(TEXT)
    expected = {
        ("quoted key",): 2,
        ("a", "b", "c"): 3,
        ("list", 0): 5,
        ("list", 1, "inner", 1): 6,
        ("text",): 8,
        ("when",): 11,
        ("inline", "y", "z"): 12,
        ("table", "sub", "key"): 15,
        ("array", 0, "one"): 17,
        ("array", 1): 18,
        ("array", 1, "two"): 19,
        ("array", 1, "nested", "deep"): 21,
        ("array", 1, "list", 0, "last"): 23,
    }
    assert {path: lines[path] for path in expected} == expected
    parents_without_a_line = {(), ("table",)}
    assert paths(tomllib.loads(TEXT)) - set(lines) <= parents_without_a_line


def test_a_missing_key_falls_back_to_what_encloses_it() -> None:
    lines = key_lines(TEXT)
    assert line_of(lines, ("array", 1, "absent")) == 18
    assert line_of(lines, ("absent",)) is None
