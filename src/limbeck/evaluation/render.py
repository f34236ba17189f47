"""Draw a report as Markdown and as one HTML page that needs nothing but itself."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jinja2
from markupsafe import Markup

from limbeck.core.units import format_bytes, format_duration
from limbeck.evaluation.plot import plot_candidates, plot_loss

Facts = Mapping[str, Any]


def render_markdown(report: Facts) -> str:
    """Write REPORT.md; the same report gives the same text."""
    return _environment().get_template("report.md.jinja").render(report=report).rstrip() + "\n"


def render_html(report: Facts) -> str:
    """Write report.html; the same report gives the same page."""
    plots = {
        "loss": plot_loss(report["training"].get("loss_curve", ())),
        "candidates": plot_candidates(report["compression"].get("candidates", ())),
    }
    page = _environment().get_template("report.html.jinja").render(report=report, plots=plots)
    return "\n".join(line.rstrip() for line in page.splitlines() if line.strip()) + "\n"


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("limbeck.evaluation", "templates"),
        autoescape=lambda name: name is not None and name.endswith(".html.jinja"),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["quantity"] = quantity
    environment.filters["interval"] = interval
    environment.filters["bytes"] = format_bytes
    environment.filters["duration"] = format_duration
    environment.filters["cell"] = cell
    environment.filters["place"] = place
    environment.globals["t"] = _two_languages
    return environment


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


def cell(text: object) -> str:
    """Keep a text within one cell of a Markdown table."""
    return " ".join(str(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").split())


def place(citation: Facts) -> str:
    """Write `countries.csv row 12` or `visas.md 10–52`."""
    if "row" in citation:
        return f"{citation['source']} row {citation['row']}"
    start, end = citation["span"]
    return f"{citation['source']} {start}–{end}"


def _two_languages(en: str, zh: str) -> Markup:
    return Markup('<span lang="en">{}</span><span lang="zh">{}</span>').format(en, zh)
