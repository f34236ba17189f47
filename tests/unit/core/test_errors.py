import pytest

from limbeck.core import errors


def test_an_error_says_what_where_and_fix() -> None:
    error = errors.SourceError("row 7 has 3 cells", where="a.csv:7", fix="give it 4")
    assert str(error) == "row 7 has 3 cells\n  at:  a.csv:7\n  fix: give it 4"
    assert str(errors.LimbeckError("no")) == "no"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("LimbeckError", 1),
        ("RecipeError", 1),
        ("SourceError", 1),
        ("KnowledgeError", 1),
        ("BundleError", 1),
        ("UsageError", 2),
        ("GateError", 3),
        ("MachineError", 4),
        ("Interrupted", 130),
    ],
)
def test_exit_codes(name: str, code: int) -> None:
    kind = getattr(errors, name)
    assert issubclass(kind, errors.LimbeckError)
    assert kind("x").exit_code == code
    assert name in (errors.__doc__ or "")
