"""The command line: find the command's file, run it, and turn every failure into three plain lines."""

import sys
from collections.abc import Sequence

import click

from limbeck.cli import failure
from limbeck.cli.group import Commands

_ORDER = (
    "init doctor plan run status why ask chat serve eval report verify kb data train compress attention list demo"
).split()
_VERSION_HELP = "Show the version and exit."


def _print_version(ctx: click.Context, option: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"limbeck {version('limbeck')}")
        ctx.exit()


@click.group(
    cls=Commands,
    package="limbeck.cli.commands",
    order=_ORDER,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--debug", is_flag=True, help="Show a traceback when something fails.")
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help=_VERSION_HELP)
def limbeck(debug: bool) -> None:
    """Distil a model, your knowledge and a budget into a small assistant that cites its sources.

    \b
    limbeck init                          write a recipe for the files in this folder
    limbeck run                           make the assistant: build/<name>
    limbeck ask build/<name> "question"   ask it
    """


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; nothing is raised."""
    try:
        outcome = limbeck.main(args=list(arguments), prog_name="limbeck", standalone_mode=False)
    except (Exception, KeyboardInterrupt) as error:
        return failure.report(error, arguments)
    return outcome if isinstance(outcome, int) else 0


def main() -> None:
    """Run the command line of this process."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
