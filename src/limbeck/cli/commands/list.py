"""List what a recipe may name: sources, methods, engines, checks, presets."""

import click

from limbeck.cli.console import emit, json_option, paint, say, table


@click.command("list")
@json_option
def command(as_json: bool) -> None:
    """List what a recipe may name."""
    from limbeck.recipe.catalogue import catalogue

    families = catalogue()
    if as_json:
        emit({"families": {name: dict(members) for name, members in families.items()}})
        return
    for name, members in families.items():
        say(paint(name, "bold"))
        say(table([(f"  {paint(member, 'cyan')}", summary) for member, summary in members.items()]) or "  none")
        say()
