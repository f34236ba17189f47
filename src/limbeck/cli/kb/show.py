"""Show the row or passage that a citation names."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from limbeck.cli.console import emit, json_option, say
from limbeck.cli.parameters import knowledge_argument, scope_option

if TYPE_CHECKING:
    from limbeck.knowledge.evidence import Citation


_CITATION = r"(?P<source>.+?)(?::|,? row | characters |, characters )(?P<start>\d+)(?:-(?P<end>\d+))?"


@click.command("show")
@knowledge_argument
@click.argument("citation")
@scope_option
@json_option
def command(base: Path, citation: str, scope: str, as_json: bool) -> None:
    """Show the row or passage of a citation.

    CITATION is countries.csv:36 for a row, visas.md:120-260 for characters, or as an answer prints it.
    """
    from limbeck.bundle.editing import reading
    from limbeck.cli.answer import citation_json

    cited = read_citation(citation)
    with reading(base, scope=scope) as knowledge:
        text = knowledge.resolve(cited)
    if as_json:
        emit({"citation": citation_json(cited), "text": text})
        return
    say(text)


def read_citation(text: str) -> "Citation":
    """Read `source:row` or `source:start-end`, also as an answer prints it.

    Raises: UsageError: neither.
    """
    import re

    from limbeck.core.errors import UsageError
    from limbeck.knowledge.evidence import Citation

    found = re.fullmatch(_CITATION, text.strip())
    if found is None:
        fix = "write countries.csv:36 for a row, or visas.md:120-260 for characters"
        raise UsageError(f"{text!r} is not a citation", fix=fix)
    if found["end"] is None:
        return Citation(source=found["source"], row=int(found["start"]))
    return Citation(source=found["source"], span=(int(found["start"]), int(found["end"])))
