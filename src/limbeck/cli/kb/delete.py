"""Delete a fact, or everything that only one source supports."""

from pathlib import Path

import click

from limbeck.cli.console import emit, json_option, say
from limbeck.cli.parameters import edit_scope_option, knowledge_argument


@click.command("delete")
@knowledge_argument
@click.argument("subject", required=False)
@click.argument("property_name", metavar="PROPERTY", required=False)
@click.option("--source", help="Delete what this source alone supports, instead of one fact.")
@edit_scope_option
@json_option
def command(
    base: Path,
    subject: str | None,
    property_name: str | None,
    source: str | None,
    scope: str | None,
    as_json: bool,
) -> None:
    """Delete a fact, or everything that only one source supports."""
    from limbeck.bundle.editing import writing
    from limbeck.core.errors import UsageError

    if source is not None and scope is not None:
        raise UsageError("a source has its own scope", where="limbeck kb delete", fix="leave --scope out")
    if (source is None) == (subject is None) or (subject is None) != (property_name is None):
        fix = f"`limbeck kb delete {base} SUBJECT PROPERTY`, or `limbeck kb delete {base} --source SOURCE`"
        raise UsageError("name either one fact or one source", where="limbeck kb delete", fix=fix)
    with writing(base) as knowledge:
        if source is not None:
            knowledge.delete_source(source)
        elif subject is not None and property_name is not None:
            knowledge.delete(subject, property_name, scope=scope)
    if as_json:
        emit({"subject": subject, "property": property_name, "source": source})
        return
    say(f"deleted {source or f'{subject} / {property_name}'}; `limbeck kb undo {base}` takes it back")
