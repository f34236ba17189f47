"""Build, search and edit a knowledge base."""

from limbeck.cli.group import Commands

command = Commands(
    "kb",
    package="limbeck.cli.kb",
    order=("build", "search", "show", "set", "delete", "undo"),
    help="Build, search and edit a knowledge base.",
)
