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
