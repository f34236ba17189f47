"""Look at training data as a trainer would take it in: recognised, cleaned, every dropped row counted."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from limbeck.cli.console import emit, json_option, note, say

if TYPE_CHECKING:
    from limbeck.corpus.intake import Intake, IntakeOptions

_PATH = click.Path(path_type=Path)
_SHARE = click.FloatRange(0, 1, max_open=True)


@click.command("data")
@click.argument("files", type=_PATH, nargs=-1, required=True)
@click.option("-o", "--output", type=_PATH, metavar="OUT.jsonl", help="Where to write the records.")
@click.option("--text", metavar="FIELD", help="The field that holds a text.")
@click.option("--prompt", metavar="FIELD", help="The field that holds the prompt; with --completion.")
@click.option("--completion", metavar="FIELD", help="The field that holds the completion.")
@click.option("--messages", metavar="FIELD", help="The field that holds the turns of a dialogue.")
@click.option("--unit", type=click.Choice(["auto", "paragraph", "line", "file"]), help="One record of a plain text.")
@click.option("--language", "languages", multiple=True, metavar="CODE", help="Keep only en, zh, …; may be repeated.")
@click.option("--min-characters", type=click.IntRange(min=0), help="Drop shorter records.")
@click.option("--max-characters", type=click.IntRange(min=1), help="Drop longer records.")
@click.option("--near-duplicates", type=click.FloatRange(0, 1, min_open=True), help="Similarity that is too much, 0.8.")
@click.option("--keep-near-duplicates", is_flag=True, help="Drop only records that are the same.")
@click.option("--mask-pii", is_flag=True, help="Mask addresses, telephone, card and identity numbers.")
@click.option("--eval-share", type=_SHARE, help="Set this share aside, into OUT.eval.jsonl.")
@click.option("--held-out", type=_PATH, multiple=True, metavar="FILE", help="Drop what gives this file away.")
@click.option("--seed", type=int, help="Draws the share that is set aside; 0 by default.")
@json_option
def command(files: tuple[Path, ...], output: Path | None, as_json: bool, **given: Any) -> None:
    """Look at training data before a model sees it.

    FILES are text, Markdown, CSV, TSV, JSON, JSONL or Parquet, also with .gz: plain texts, prompt and completion,
    alpaca, ShareGPT or OpenAI messages. Prints how each file was recognised and where every row went. -o writes
    the cleaned records as JSONL: {"messages": [...]} for dialogues, {"text": ...} for texts.
    """
    options = _options(given)
    targets = _targets(output, options)
    _check_targets(targets, [*files, *options.held_out])
    from limbeck.cli.progress import watched
    from limbeck.corpus.intake import take_in

    with watched("data") as progress:
        intake = take_in(files, options, progress=progress)
    _write(targets, intake)
    if as_json:
        emit({"written": [str(target) for target in targets], **intake.waterfall.to_json()})
        return
    from limbeck.cli.waterfall import waterfall_text

    say(waterfall_text(intake.waterfall))
    for target in targets:
        note(f"wrote {target}")


def _options(given: dict[str, Any]) -> "IntakeOptions":
    from limbeck.core.errors import UsageError
    from limbeck.corpus.intake import IntakeOptions
    from limbeck.corpus.layouts.mapping import FieldMapping

    where = "limbeck data"
    fields = {name: given.pop(name) or "" for name in ("text", "prompt", "completion", "messages")}
    if bool(fields["prompt"]) != bool(fields["completion"]):
        raise UsageError("--prompt and --completion go together", where=where, fix="give both")
    if sum(bool(fields[name]) for name in ("text", "prompt", "messages")) > 1:
        what = "--text, --prompt and --messages say different things of the same rows"
        raise UsageError(what, where=where, fix="give one of them")
    keeps_near = given.pop("keep_near_duplicates")
    if keeps_near and given["near_duplicates"] is not None:
        raise UsageError("near duplicates are either kept or dropped", where=where, fix="leave one option out")
    chosen = {name: value for name, value in given.items() if value is not None}
    return IntakeOptions(
        fields=FieldMapping(**fields), **{**chosen, **({"near_duplicates": None} if keeps_near else {})}
    )


def _targets(output: Path | None, options: "IntakeOptions") -> list[Path]:
    if output is None:
        return []
    return [output, output.with_name(f"{output.stem}.eval{output.suffix}")] if options.eval_share else [output]


def _check_targets(targets: list[Path], read: list[Path]) -> None:
    """Never write over what is read, nor under a name that says something else."""
    from limbeck.core.errors import UsageError

    sources = {path.resolve() for path in read}
    for target in targets:
        if target.resolve() in sources:
            what = f"'{target}' is one of the files that are read"
            raise UsageError(what, where="limbeck data", fix="choose another name after -o")
        if target.suffix.lower() not in (".jsonl", ".ndjson"):
            raise UsageError(f"'{target}' is not named as JSONL", where="limbeck data", fix="end it in .jsonl")


def _write(targets: list[Path], intake: "Intake") -> None:
    from limbeck.corpus.record_file import write_records

    for target, records in zip(targets, (intake.train, intake.evaluation), strict=False):
        write_records(target, records)
