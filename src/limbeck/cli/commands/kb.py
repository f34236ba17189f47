"""Build, search and edit a knowledge base."""

from limbeck.cli.group import Commands
from limbeck.core.family import Family

_KB = Family(package="limbeck.cli.kb", noun="kb command")

command = Commands(
    "kb",
    family=_KB,
    order=("build", "search", "show", "set", "delete", "undo"),
    help="Build, search and edit a knowledge base.",
)
