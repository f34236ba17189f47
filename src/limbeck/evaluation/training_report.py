"""The report of a training: its loss curve, what was held out, the data waterfall, the choices made and why."""

from collections.abc import Mapping
from typing import Any

from limbeck.core.units import format_bytes
from limbeck.evaluation.plot import plot_loss
from limbeck.evaluation.template import draw

Facts = Mapping[str, Any]


def render_training(training: Facts) -> dict[str, str]:
    """Return the report by file name, `report.html` and `REPORT.md`; the same training gives the same texts."""
    filters = {"amount": amount}
    return {
        "report.html": draw("training.html.jinja", filters, training=training, plot=plot_loss(training["loss_curve"])),
        "REPORT.md": draw("training.md.jinja", filters, training=training),
    }


def amount(value: int | float | str | None, name: str = "") -> str:
    """Write a value for people, by what it is."""
    if value is None:
        return "–"
    if name.endswith("_bytes"):
        return format_bytes(int(value))
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else value
