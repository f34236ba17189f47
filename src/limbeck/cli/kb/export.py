"""Write the facts of a knowledge base to a file for other programs."""

from pathlib import Path

import click

from limbeck.cli.console import emit, json_option, say
from limbeck.cli.parameters import knowledge_argument, scope_option


@click.command("export")
@knowledge_argument
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The file to write.")
@click.option("--format", "form", metavar="FORM", help="The form by its name; by default the ending tells.")
@click.option("--overwrite", is_flag=True, help="Replace the file if there is one.")
@scope_option
@json_option
def command(base: Path, output: Path, form: str | None, overwrite: bool, scope: str, as_json: bool) -> None:
    """Write the facts of a knowledge base to a file for other programs.

    The form goes by the ending of the file: .csv, .jsonl, .nt (N-Triples), .ttl (Turtle) or .graphml. `limbeck kb
    build` reads CSV and JSON Lines again. Facts of all days are written; passages are not.
    """
    from limbeck.bundle.editing import reading
    from limbeck.knowledge.export import EXPORTS, export, form_of

    form = form_of(output) if form is None else form
    EXPORTS.load(form)
    _check_output(output, overwrite=overwrite)
    with reading(base, scope=scope, every_day=True) as knowledge:
        facts = knowledge.facts()
    export(facts, output, form)
    count = len({fact.fact_id for fact in facts.facts})
    if as_json:
        emit({"file": str(output), "format": form, "facts": count, "subjects": len(facts.subjects)})
        return
    say(f"wrote {output}: {count} facts of {len(facts.subjects)} subjects as {form}")


def _check_output(output: Path, *, overwrite: bool) -> None:
    """Never write over a knowledge base, nor over another file unless told to."""
    if not output.exists():
        return
    from limbeck.core.errors import KnowledgeError
    from limbeck.knowledge.base import is_knowledge_base

    if output.is_dir() or is_knowledge_base(output):
        what = "a folder" if output.is_dir() else "a knowledge base"
        raise KnowledgeError(f"'{output}' is {what}", fix="choose another name after -o")
    if not overwrite:
        raise KnowledgeError(f"'{output}' exists", fix="choose another name after -o, or add --overwrite")
