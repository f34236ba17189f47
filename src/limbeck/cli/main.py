"""The command line: find the command's file, run it, and turn every failure into three plain lines."""

import difflib
import sys
from collections.abc import Sequence
from typing import final

import click

from limbeck.cli import failure
from limbeck.core.errors import UsageError
from limbeck.core.family import Family

COMMANDS = Family(package="limbeck.cli.commands", noun="command")
_ORDER = "init doctor plan run status why ask chat eval report verify kb list demo".split()
_VERSION_HELP = "Show the version and exit."


@final
class Commands(click.Group):
    """The commands of a folder, imported one at a time."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name every command, in the order of use."""
        return sorted(COMMANDS.names(), key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS.names():
            return None
        command: click.Command = COMMANDS.load(cmd_name).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command a line begins with, or the nearest name."""
        if args[0] not in COMMANDS.names() and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], COMMANDS.names(), n=1)
            fix = f"did you mean {near[0]!r}?" if near else "`limbeck --help` lists the commands"
            raise UsageError(f"unknown command {args[0]!r}", where="limbeck", fix=fix)
        return super().resolve_command(ctx, args)


def _print_version(ctx: click.Context, option: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"limbeck {version('limbeck')}")
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--debug", is_flag=True, help="Show a traceback when something fails.")
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help=_VERSION_HELP)
def limbeck(debug: bool) -> None:
    """Distil a model, your knowledge and a budget into a small assistant that cites its sources.

    \b
    limbeck init        write a recipe for the files in this folder
    limbeck run         make the assistant: build/<name>
    limbeck ask build/<name> "a question"
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
