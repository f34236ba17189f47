"""The templates of reports, and what all of them may use: texts in two languages, cells of Markdown tables."""

from collections.abc import Callable, Mapping
from typing import Any

import jinja2
from markupsafe import Markup

Filters = Mapping[str, Callable[..., Any]]


def draw(name: str, filters: Filters, **values: Any) -> str:
    """Fill the template of a report; the same values give the same text, without blank lines in a page."""
    is_page = name.endswith(".html.jinja")
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("limbeck.evaluation", "templates"),
        autoescape=is_page,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"cell": cell, **filters}
    environment.globals["t"] = _two_languages
    text = environment.get_template(name).render(**values)
    if is_page:
        text = "\n".join(line.rstrip() for line in text.splitlines() if line.strip())
    return text.rstrip() + "\n"


def cell(text: object) -> str:
    """Keep a text within one cell of a Markdown table."""
    return " ".join(str(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").split())


def _two_languages(en: str, zh: str) -> Markup:
    return Markup('<span lang="en">{}</span><span lang="zh">{}</span>').format(en, zh)
