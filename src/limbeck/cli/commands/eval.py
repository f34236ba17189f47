"""Score a bundle on a file of questions."""

from pathlib import Path

import click

from limbeck.cli.console import emit, json_option, note, say
from limbeck.cli.parameters import bundle_argument, engine_option

_SCORES = ("accuracy", "citation_accuracy", "refusal_precision", "refusal_recall")


@click.command("eval")
@bundle_argument
@click.option(
    "--questions",
    type=click.Path(path_type=Path),
    required=True,
    help='JSON Lines: {"question", "answers": […], "history": […]?}; no answers means: must refuse.',
)
@click.option("--answers", type=click.Path(path_type=Path), help="Write each judged answer to this JSON Lines file.")
@engine_option
@json_option
def command(bundle: Path, questions: Path, answers: Path | None, engine: str | None, as_json: bool) -> None:
    """Score a bundle on a file of questions."""
    from limbeck.cli.progress import watched
    from limbeck.cli.verdict import score_table
    from limbeck.evaluation.check import CHECKS, CheckContext
    from limbeck.evaluation.questions import read_questions

    asked = read_questions(questions)
    with watched("questions") as progress:
        context = CheckContext(questions=asked, engine=engine, progress=progress)
        result = CHECKS.load("questions").run(bundle, context)
    if answers is not None:
        import json

        lines = [json.dumps(answer, ensure_ascii=False) for answer in result["answers"]]
        answers.write_text("\n".join(lines) + "\n", encoding="utf-8")
        note(f"wrote {answers}")
    if as_json:
        values = {row["name"]: row["value"] for row in result["rows"]}
        emit({**{name: values[name] for name in _SCORES}, "n": len(asked)})
        return
    say(score_table(result["rows"]))
