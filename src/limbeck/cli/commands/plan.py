"""Show what a run would do, why, and how long it may take."""

from pathlib import Path

import click

from limbeck.cli.console import emit, json_option, paint, say, table
from limbeck.cli.parameters import recipe_argument

_WORDS = {"hit": "unchanged", "run": "run", "after": "may run"}


@click.command("plan")
@recipe_argument
@json_option
def command(recipe: Path, as_json: bool) -> None:
    """Show what a run would do, why, and how long it may take."""
    from dataclasses import asdict

    from limbeck.cli.recipe_text import describe
    from limbeck.cli.workshop import open_workshop

    workshop = open_workshop(recipe)
    plans = workshop.runner().plan()
    if as_json:
        emit({"recipe": workshop.recipe.name, "store": str(workshop.store), "stages": [asdict(plan) for plan in plans]})
        return
    say(describe(workshop.recipe))
    say()
    rows = [(plan.stage, _status(plan.status), _forecast(plan.forecast_seconds), plan.reason) for plan in plans]
    say(table(rows, header=("stage", "will", "about", "because"), right=(2,)))
    say()
    say(_total([plan.forecast_seconds for plan in plans if plan.status != "hit"], recipe))


def _status(status: str) -> str:
    return paint(_WORDS[status], "dim" if status == "hit" else "yellow")


def _forecast(seconds: float | None) -> str:
    from limbeck.core.units import format_duration

    return "?" if seconds is None else format_duration(seconds) if seconds else ""


def _total(seconds: list[float | None], recipe: Path) -> str:
    from limbeck.core.units import format_duration

    if not seconds:
        return "Everything is up to date."
    known = [value for value in seconds if value is not None]
    about = f", about {format_duration(sum(known))}" if known else ""
    unknown = len(seconds) - len(known)
    more = f" ({unknown} never timed here)" if unknown else ""
    start = "limbeck run" if recipe == Path() else f"limbeck run {recipe}"
    return f"{len(seconds)} stage{'s' if len(seconds) > 1 else ''} to run{about}{more}: `{start}`"
