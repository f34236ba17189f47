"""Set a fact; the next answer uses it, no training needed."""

from pathlib import Path

import click

from limbeck.cli.console import emit, json_option, say
from limbeck.cli.parameters import knowledge_argument


@click.command("set")
@knowledge_argument
@click.argument("subject")
@click.argument("property_name", metavar="PROPERTY")
@click.argument("value")
@click.option("--language", type=click.Choice(["en", "zh"]), help="Set it in one language only; in both by default.")
@json_option
def command(base: Path, subject: str, property_name: str, value: str, language: str | None, as_json: bool) -> None:
    """Set a fact; the next answer uses it, no training needed."""
    from limbeck.bundle.editing import writing

    with writing(base) as knowledge:
        knowledge.set(subject, property_name, value, language)
    if as_json:
        emit({"subject": subject, "property": property_name, "value": value, "language": language})
        return
    say(f"{subject} / {property_name} is now {value}; `limbeck kb undo {base}` takes it back")
