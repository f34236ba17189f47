"""Set a fact; the next answer uses it, no training needed."""

from pathlib import Path
from typing import Any

import click

from limbeck.cli.console import emit, json_option, say
from limbeck.cli.parameters import edit_scope_option, from_option, knowledge_argument, until_option


@click.command("set")
@knowledge_argument
@click.argument("subject")
@click.argument("property_name", metavar="PROPERTY")
@click.argument("value")
@click.option("--language", type=click.Choice(["en", "zh"]), help="Set it in one language only; in both by default.")
@from_option
@until_option
@edit_scope_option
@json_option
def command(base: Path, subject: str, property_name: str, value: str, as_json: bool, **given: Any) -> None:
    """Set a fact; the next answer uses it, no training needed.

    With --from and --until it holds on these days only; on all others, what was known holds on.
    """
    from limbeck.bundle.editing import writing
    from limbeck.knowledge.validity import Validity

    valid, language = Validity.of(given["first_day"], given["last_day"]), given["language"]
    with writing(base) as knowledge:
        knowledge.set(subject, property_name, value, language, valid=valid, scope=given["scope"])
    if as_json:
        days = {"from": valid.start, "until": valid.end}
        emit({"subject": subject, "property": property_name, "value": value, "language": language, **days})
        return
    say(f"{subject} / {property_name} is {valid.text() or 'now'} {value}; `limbeck kb undo {base}` takes it back")
