"""The report of a training: its loss curve, what was held out, the data waterfall, the choices made and why."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jinja2
from markupsafe import Markup

from limbeck.core.units import format_bytes
from limbeck.evaluation.plot import plot_loss

Facts = Mapping[str, Any]


def render_training(training: Facts) -> dict[str, str]:
    """Return the report by file name, `report.html` and `REPORT.md`; the same training gives the same texts."""
    plot = plot_loss(training["loss_curve"])
    page = _environment().get_template("training.html.jinja").render(training=training, plot=plot)
    text = _environment().get_template("training.md.jinja").render(training=training)
    lines = (line.rstrip() for line in page.splitlines() if line.strip())
    return {"report.html": "\n".join(lines) + "\n", "REPORT.md": text.rstrip() + "\n"}


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("limbeck.evaluation", "templates"),
        autoescape=lambda name: name is not None and name.endswith(".html.jinja"),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["amount"] = amount
    environment.filters["cell"] = _cell
    environment.globals["t"] = _two_languages
    return environment


def amount(value: int | float | str | None, name: str = "") -> str:
    """Write a value for people, by what it is."""
    if value is None:
        return "–"
    if name.endswith("_bytes"):
        return format_bytes(int(value))
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else value


def _cell(text: object) -> str:
    return " ".join(str(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").split())


def _two_languages(en: str, zh: str) -> Markup:
    return Markup('<span lang="en">{}</span><span lang="zh">{}</span>').format(en, zh)
