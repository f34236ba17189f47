import pytest

from limbeck.evaluation.measurement import Measurement, share, wilson


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"), [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)]
)
def test_wilson_agrees_with_published_values(hits: int, n: int, low: float, high: float) -> None:
    assert wilson(hits, n) == pytest.approx((low, high), abs=1e-4)


def test_no_share_of_nothing() -> None:
    with pytest.raises(ValueError, match="is not a share"):
        wilson(1, 0)
    assert share("x", 0, 0).value is None


@pytest.mark.parametrize(
    ("value", "bar", "bound", "met"),
    [
        (0.9, 0.9, "at least", True),
        (0.89, 0.9, "at least", False),
        (15, 15, "at most", True),
        (15.1, 15, "at most", False),
        (None, 0.9, "at least", False),
        (0.5, None, "at least", None),
    ],
)
def test_a_bar_is_met_or_missed(value: float | None, bar: float | None, bound: str, met: bool | None) -> None:
    row = Measurement(name="x", value=value, unit="share", bar=bar, bound=bound)  # type: ignore[arg-type]
    assert row.met is met and row.to_json()["met"] is met
