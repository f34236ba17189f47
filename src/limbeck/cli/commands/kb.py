"""Build, search, edit and export a knowledge base."""

from limbeck.cli.group import Commands

command = Commands(
    "kb",
    package="limbeck.cli.kb",
    order=("build", "search", "show", "query", "set", "add", "delete", "undo", "log", "check", "export"),
    help="Build, search, edit and export a knowledge base.",
)
