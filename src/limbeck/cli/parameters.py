"""Arguments that several commands share."""

from pathlib import Path

import click

recipe_argument = click.argument("recipe", type=click.Path(path_type=Path), default=".")
"""A recipe file, or the folder it lies in; limbeck.toml here by default."""

bundle_argument = click.argument("bundle", type=click.Path(path_type=Path))
"""The folder of a bundle."""

engine_option = click.option("--engine", help="The engine to answer with; the bundle's first by default.")
"""Which of a bundle's engines to load."""

knowledge_argument = click.argument("base", type=click.Path(path_type=Path), metavar="FILE_OR_BUNDLE")
"""A knowledge base file, or a bundle that holds one."""

scope_option = click.option(
    "--scope",
    default="",
    metavar="NAME",
    help="See what sources of this scope say, beside those of none.",
)
"""Whose knowledge is read beside that of everyone."""

edit_scope_option = click.option(
    "--scope", metavar="NAME", help="Edit what this scope alone is told; by default what the subject's scope is told."
)
"""Whose knowledge is edited."""

from_option = click.option(
    "--from", "first_day", default="", metavar="DAY", help="The first day it holds, as 2027-01-31."
)
"""The first day of an edit."""

until_option = click.option(
    "--until", "last_day", default="", metavar="DAY", help="The last day it holds, as 2027-12-31."
)
"""The last day of an edit."""
