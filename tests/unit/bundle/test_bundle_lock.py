import tomllib

import pytest

from limbeck.bundle.lock import write_toml


def test_every_kind_of_value_reads_back() -> None:
    lock = {
        "text": 'a "quoted" \\ line\nand 中文 \x7f\u2028',
        "whole": 3,
        "real": 0.002,
        "small": 1e-9,
        "yes": True,
        "list": ["a", ["b"], 1],
        "empty": [],
        "a key with spaces": {"deep": {"deeper": 1}},
        "tables": [{"x": 1, "inner": {"y": 2}}, {"x": 2}],
    }
    assert tomllib.loads(write_toml(lock)) == lock


def test_order_and_absent_values_do_not_matter() -> None:
    assert write_toml({"a": 1, "b": {"c": 2}}) == write_toml({"b": {"d": None, "c": 2}, "a": 1})


def test_what_toml_cannot_say_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot hold"):
        write_toml({"x": object()})
