"""What every command has in common."""

from collections.abc import Iterator

import click
import pytest

from limbeck.cli.group import Commands
from limbeck.cli.main import limbeck


def leaves(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, Commands):
            yield from leaves(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


ALL = dict(leaves(limbeck))


def test_the_commands_of_the_design_are_there() -> None:
    top = {name.partition(" ")[0] for name in ALL}
    assert top >= set("init doctor plan run status why ask chat eval report verify kb list demo".split())
    assert {f"kb {name}" for name in "build search show query set add delete undo log check export".split()} <= set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_each_has_json_and_a_help_text(name: str) -> None:
    command = ALL[name]
    options = {text for parameter in command.params for text in parameter.opts}
    assert "--json" in options
    assert command.help and command.help.partition("\n")[0].endswith((".", "-260."))
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.name} has no help"


@pytest.mark.parametrize("name", ALL)
def test_each_is_named_like_its_file(name: str) -> None:
    assert ALL[name].name == name.rpartition(" ")[2]
