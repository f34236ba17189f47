"""Make the assistant of a recipe: only what changed runs, and what was stopped goes on."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from limbeck.cli.console import emit, json_option, say
from limbeck.cli.parameters import recipe_argument

if TYPE_CHECKING:
    from limbeck.cli.making import Made


@click.command("run")
@recipe_argument
@click.option("--until", metavar="STAGE", help="Stop after this stage; no bundle is laid down then.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Where to leave the bundle; build/<name> by default."
)
@json_option
def command(recipe: Path, until: str | None, output: Path | None, as_json: bool) -> int:
    """Make the assistant: only what changed runs."""
    from limbeck.cli.making import make
    from limbeck.cli.workshop import open_workshop

    workshop = open_workshop(recipe, until=until)
    target = output or Path("build") / workshop.recipe.name
    return _end(make(workshop, target if until is None else None), as_json)


def _end(made: "Made", as_json: bool) -> int:
    from limbeck.cli.finished import find_report, read_report
    from limbeck.cli.making import tell
    from limbeck.cli.verdict import exit_code

    stages = {stage: str(artifact.path) for stage, artifact in made.artifacts.items()}
    if made.bundle is None:
        if as_json:
            emit({"stages": stages})
        else:
            say("\n".join(f"{stage}  {path}" for stage, path in stages.items()))
        return 0
    report = read_report(find_report(made.bundle))
    if as_json:
        verdict = report["verdict"]
        emit({"bundle": str(made.bundle), "seconds": round(made.seconds, 2), "verdict": verdict, "stages": stages})
    else:
        say()
        tell(made.bundle, report, made.seconds)
        say(f'ask it  limbeck ask {made.bundle} "…"')
    return exit_code(report)
