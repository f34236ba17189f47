"""Ask a bundle one question."""

from pathlib import Path

import click

from limbeck.cli.console import emit, json_option, say
from limbeck.cli.parameters import bundle_argument, engine_option, scope_option


@click.command("ask")
@bundle_argument
@click.argument("question")
@engine_option
@click.option(
    "--history", multiple=True, help="An earlier question of the conversation; oldest first, may be repeated."
)
@scope_option
@json_option
def command(
    bundle: Path, question: str, engine: str | None, history: tuple[str, ...], scope: str, as_json: bool
) -> None:
    """Ask a bundle one question."""
    from limbeck.bundle.assistant import open_bundle
    from limbeck.cli.answer import reply_json, source_lines

    with open_bundle(bundle, engine, scope=scope) as assistant:
        reply = assistant.ask(question, history)
        if as_json:
            emit(reply_json(reply))
            return
        say(reply.answer.text)
        for line in source_lines(reply, assistant.knowledge.resolve):
            say(line)
