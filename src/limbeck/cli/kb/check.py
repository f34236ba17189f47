"""Check that a knowledge base is whole."""

from pathlib import Path

import click

from limbeck.cli.console import emit, json_option, paint, say
from limbeck.cli.parameters import knowledge_argument


@click.command("check")
@knowledge_argument
@json_option
def command(base: Path, as_json: bool) -> int:
    """Check that a knowledge base is whole; exit code 1 tells that it is not.

    Pages, tables, references, facts, citations, words, vectors and the log of edits.
    """
    from limbeck.bundle.editing import knowledge_file
    from limbeck.core.errors import KnowledgeError
    from limbeck.knowledge.integrity import CHECKS, check_file

    faults = check_file(knowledge_file(base))
    if as_json:
        found = [{"check": fault.check, "what": fault.what, "fix": fault.fix} for fault in faults]
        emit({"whole": not faults, "checks": list(CHECKS), "faults": found})
        return KnowledgeError.exit_code if faults else 0
    if not faults:
        say(f"{paint('✓ whole', 'green')}: {', '.join(CHECKS)}")
        return 0
    for fault in faults:
        say(f"{paint('✗', 'red')} {fault.check}: {fault.what}")
        say(f"  {paint('fix:', 'dim')} {fault.fix}")
    return KnowledgeError.exit_code
