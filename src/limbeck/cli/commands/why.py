"""Explain what would happen to one stage, naming the one thing that changed."""

from pathlib import Path

import click

from limbeck.cli.console import emit, json_option, say


@click.command("why")
@click.argument("stage")
@click.option(
    "--recipe", type=click.Path(path_type=Path), default=".", help="The recipe, limbeck.toml here by default."
)
@json_option
def command(stage: str, recipe: Path, as_json: bool) -> None:
    """Explain what changed for one stage."""
    from limbeck.cli.workshop import open_workshop

    runner = open_workshop(recipe).runner()
    text = runner.why(stage)
    if as_json:
        plan = next(plan for plan in runner.plan() if plan.stage == stage)
        emit({"stage": stage, "status": plan.status, "reason": plan.reason, "changes": plan.changes, "text": text})
        return
    say(text)
