"""The budget verdict and the score table of a report, as a run ends with them."""

from collections.abc import Mapping, Sequence
from typing import Any

from limbeck.cli.console import paint, table
from limbeck.core.errors import GateError

_BAR_CELLS = 20


def exit_code(report: Mapping[str, Any]) -> int:
    """Return 3 where the budget or a quality bar was missed."""
    return GateError.exit_code if report["verdict"]["met"] is False else 0


def verdict_text(report: Mapping[str, Any]) -> str:
    """Write the verdict, what of the budget is used, and the scores with their intervals."""
    verdict = report["verdict"]
    parts = [_headline(verdict)]
    if verdict["budget"]:
        parts.append(table([_budget_row(row) for row in verdict["budget"]], right=(2,)))
    if report["scores"]:
        parts.append(score_table(report["scores"]))
    return "\n\n".join(parts)


def score_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Write measurements with their intervals and bars."""
    header = ("  score", "value", "95 %", "n", "bar", "")
    return table([_score_row(row) for row in rows], header=header, right=(1, 3))


def _headline(verdict: Mapping[str, Any]) -> str:
    if verdict["met"] is None:
        return paint("no budget and no quality bar was set", "yellow")
    if verdict["met"]:
        return paint("✓ within budget, every bar met", "green")
    missed = [row["name"] for row in (*verdict["budget"], *verdict["gates"]) if row["met"] is False]
    return paint(f"✗ missed: {', '.join(missed)}", "red")


def _budget_row(row: Mapping[str, Any]) -> Sequence[str]:
    from limbeck.evaluation.render import quantity

    used = quantity(row["value"], row["unit"])
    if row["bar"] is None or row["used_share"] is None:
        return (_mark(row["met"]), row["name"], used, "no limit", "")
    filled = min(_BAR_CELLS, round(row["used_share"] * _BAR_CELLS))
    drawn = paint("█" * filled, "green" if row["met"] else "red") + paint("░" * (_BAR_CELLS - filled), "dim")
    return (
        _mark(row["met"]),
        row["name"],
        used,
        f"of {quantity(row['bar'], row['unit'])}",
        f"{drawn} {row['used_share']:.0%}",
    )


def _score_row(row: Mapping[str, Any]) -> Sequence[str]:
    from limbeck.evaluation.render import interval, quantity

    sign = {"at least": "≥", "at most": "≤"}[row["bound"]]
    bar = f"{sign} {quantity(row['bar'], row['unit'])}" if row["bar"] is not None else ""
    value = quantity(row["value"], row["unit"])
    return (f"  {row['name']}", value, interval(row), str(row["n"] or ""), bar, _mark(row["met"]).strip())


def _mark(met: bool | None) -> str:
    if met is None:
        return "   "
    return f"  {paint('✓', 'green') if met else paint('✗', 'red')}"
