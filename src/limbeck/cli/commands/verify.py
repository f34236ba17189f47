"""Let a bundle prove its claims on this machine."""

from pathlib import Path

import click

from limbeck.cli.console import emit, json_option, paint, say
from limbeck.cli.parameters import bundle_argument, engine_option


@click.command("verify")
@bundle_argument
@engine_option
@json_option
def command(bundle: Path, engine: str | None, as_json: bool) -> int:
    """Let a bundle prove its claims on this machine."""
    from limbeck.cli.progress import watched
    from limbeck.cli.verdict import score_table
    from limbeck.core.errors import GateError
    from limbeck.evaluation.verify import verify

    with watched("verify") as progress:
        found = verify(bundle, engine, progress=progress)
    if as_json:
        held = not found.missed
        emit({"met": held, "rows": found.rows, "differences": found.differences, "edited": found.edited})
        return 0 if held else GateError.exit_code
    say(score_table(found.rows))
    for difference in found.differences:
        say(f"  answered otherwise here: {difference['question']}")
    if found.edited:
        say(f"  edited since it was packed: {', '.join(found.edited)}")
    found.require()
    say(paint("✓ the bundle holds what it claims", "green"))
    return 0
