"""A group of commands that is a folder: the file name is the command, imported when it is called.

Not a `Family`, which reads the entry points of every installed package: that alone takes longer than a help may.
"""

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, final

import click

from limbeck.core.errors import UsageError


@final
class Commands(click.Group):
    """The commands of a folder; those in `order` come first."""

    def __init__(self, *arguments: Any, package: str, order: Sequence[str] = (), **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._package = package
        names = (path.stem for path in _folder(package).glob("[!_]*.py"))
        self._names = sorted(names, key=lambda name: (order.index(name) if name in order else len(order), name))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name every command, in the order of use."""
        return self._names

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in self._names:
            return None
        command: click.Command = importlib.import_module(f"{self._package}.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command a line begins with, or the nearest name."""
        if args[0] not in self._names and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], self._names, n=1)
            fix = f"did you mean {near[0]!r}?" if near else f"`{ctx.command_path} --help` lists the commands"
            raise UsageError(f"unknown command {args[0]!r}", where=ctx.command_path, fix=fix)
        return super().resolve_command(ctx, args)


def _folder(package: str) -> Path:
    return Path(__file__).parent / package.removeprefix("limbeck.cli.")
