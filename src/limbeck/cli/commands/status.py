"""Show how far the run of a recipe is."""

from pathlib import Path

import click

from limbeck.cli.console import emit, json_option, paint, say, table
from limbeck.cli.parameters import recipe_argument


@click.command("status")
@recipe_argument
@json_option
def command(recipe: Path, as_json: bool) -> None:
    """Show how far the run of a recipe is."""
    from dataclasses import asdict

    from limbeck.cli.workshop import open_workshop
    from limbeck.core.units import format_duration

    workshop = open_workshop(recipe)
    runner = workshop.runner()
    unfinished, plans = runner.status(), runner.plan()
    done = [plan.stage for plan in plans if plan.status == "hit"]
    if as_json:
        stages = [{"stage": plan.stage, "status": plan.status} for plan in plans]
        emit({"recipe": workshop.recipe.name, "stages": stages, "unfinished": [asdict(each) for each in unfinished]})
        return
    say(f"{paint(workshop.recipe.name, 'bold')}: {len(done)} of {len(plans)} stages up to date")
    rows = []
    for each in unfinished:
        state = paint("running", "green") if each.alive else paint("stopped", "yellow")
        share = f"{each.done} of {each.total}" if each.total else ""
        rows.append((f"  {each.stage}", state, share, format_duration(each.seconds), each.note))
    if rows:
        say(table(rows, right=(2, 3)))
