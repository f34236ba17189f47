"""Write the facts of a knowledge base to a file that other programs read; the same facts give the same bytes."""

from pathlib import Path

from limbeck.core.disk import disk_errors, write_atomic
from limbeck.core.errors import KnowledgeError
from limbeck.core.family import Family
from limbeck.knowledge.fact_rows import FactTable

EXPORTS = Family(package="limbeck.knowledge.exports", noun="form of export")


def form_of(path: Path) -> str:
    """Return the form that the ending of a file name stands for.

    Raises: KnowledgeError: none does.
    """
    endings = {ending: name for name in EXPORTS.names() for ending in EXPORTS.load(name).ENDINGS}
    if path.suffix.lower() not in endings:
        fix = f"end it in {', '.join(sorted(endings))}, or say which with --format"
        raise KnowledgeError(f"the ending of '{path.name}' names no form of export", fix=fix)
    return endings[path.suffix.lower()]


def export(facts: FactTable, path: Path, form: str) -> None:
    """Write facts in one form; an older file is replaced in one step.

    Raises: LimbeckError: no such form. MachineError: the disk is full or cannot be written.
    """
    text = "".join(EXPORTS.load(form).write(facts))
    with disk_errors(path):
        write_atomic(path, text.encode())
