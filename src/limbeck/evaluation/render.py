"""Draw a report as Markdown and as one HTML page that needs nothing but itself."""

from collections.abc import Mapping
from typing import Any

from limbeck.core.units import format_bytes, format_duration
from limbeck.evaluation.plot import plot_candidates, plot_loss
from limbeck.evaluation.template import Filters, draw

Facts = Mapping[str, Any]


def render_markdown(report: Facts) -> str:
    """Write REPORT.md; the same report gives the same text."""
    return draw("report.md.jinja", _filters(), report=report)


def render_html(report: Facts) -> str:
    """Write report.html; the same report gives the same page."""
    plots = {
        "loss": plot_loss(report["training"].get("loss_curve", ())),
        "candidates": plot_candidates(report["compression"].get("candidates", ())),
    }
    return draw("report.html.jinja", _filters(), report=report, plots=plots)


def _filters() -> Filters:
    return {
        "quantity": quantity,
        "interval": interval,
        "bytes": format_bytes,
        "duration": format_duration,
        "place": place,
    }


def quantity(value: float | None, unit: str) -> str:
    """Write a measured value for people."""
    if value is None:
        return "–"
    if unit == "bytes":
        return format_bytes(int(value))
    if unit == "share":
        return f"{value:.3f}"
    written = f"{value:g}" if value == int(value) else f"{value:.3g}"
    return f"{written} {unit}"


def interval(row: Facts) -> str:
    """Write the 95 % interval of a row, or nothing."""
    return "" if row["low"] is None else f"{row['low']:.3f} – {row['high']:.3f}"


def place(citation: Facts) -> str:
    """Write `countries.csv row 12` or `visas.md 10–52`."""
    if "row" in citation:
        return f"{citation['source']} row {citation['row']}"
    start, end = citation["span"]
    return f"{citation['source']} {start}–{end}"
