import pytest

from limbeck.cli import console


def test_columns_line_up_with_chinese_in_them() -> None:
    written = console.table([("国家", "1"), ("land", "200")], header=("name", "n"), right=(1,))
    assert written.split("\n") == ["name    n", "国家    1", "land  200"]


def test_colour_is_for_terminals_without_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    assert console.paint("x", "red") == "x"
    monkeypatch.setattr(console, "is_terminal", lambda err=False: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert console.paint("x", "red") == "\x1b[31mx\x1b[0m"
    assert console.width(console.paint("x", "bold")) == 1
    monkeypatch.setenv("NO_COLOR", "1")
    assert console.paint("x", "red") == "x"


def test_an_empty_table_is_empty() -> None:
    assert console.table([]) == ""
