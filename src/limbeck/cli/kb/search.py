"""Show what a knowledge base finds for a question."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from limbeck.cli.console import emit, json_option, paint, say
from limbeck.cli.parameters import knowledge_argument, scope_option

if TYPE_CHECKING:
    from limbeck.knowledge.evidence import Evidence


@click.command("search")
@knowledge_argument
@click.argument("question")
@click.option("--limit", type=click.IntRange(min=1), default=8, show_default=True, help="The most rows to show.")
@click.option("--history", multiple=True, help="An earlier question; oldest first, may be repeated.")
@scope_option
@json_option
def command(base: Path, question: str, limit: int, history: tuple[str, ...], scope: str, as_json: bool) -> None:
    """Show what a knowledge base finds for a question."""
    from limbeck.bundle.editing import reading
    from limbeck.corpus.language import language_of

    language = language_of(question)
    with reading(base, scope=scope) as knowledge:
        found = knowledge.search(question, history, limit=limit)
    if as_json:
        emit({"question": question, "results": [_row_json(row) for row in found]})
        return
    for number, row in enumerate(found, start=1):
        say(f"{paint(f'[{number}]', 'cyan')} {_row_text(row, language)}")
    if not found:
        say("nothing found")


def _row_json(row: "Evidence") -> dict[str, Any]:
    from dataclasses import asdict

    from limbeck.cli.answer import citation_json

    return {
        **asdict(row),
        "fit": round(row.fit, 4),
        "lead": round(row.lead, 4),
        "citation": citation_json(row.citation),
    }


def _row_text(row: "Evidence", language: str) -> str:
    from limbeck.cli.answer import place, shortened

    head = paint(f"{row.subject.get(language)} / {row.property.get(language)}", "bold")
    found = paint(f"{place(row.citation)} · {row.link}, {row.match}, {row.fit:.0%}", "dim")
    return f"{head}: {shortened(row.value.get(language))}\n    {found}"
