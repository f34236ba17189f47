"""Train, continue or adapt a language model on files of text or dialogues; what was stopped goes on."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from limbeck.cli.console import emit, json_option, note, say, table

if TYPE_CHECKING:
    from limbeck.model.train_options import TrainOptions

_PATH = click.Path(path_type=Path)
_OBJECTIVES = ["auto", "causal", "masked", "span", "infill", "dialogue"]


@click.command("train")
@click.argument("model")
@click.argument("data", type=_PATH, nargs=-1, required=True)
@click.option("-o", "--output", type=_PATH, required=True, metavar="OUT", help="The folder of the trained checkpoint.")
@click.option("--objective", type=click.Choice(_OBJECTIVES), default="auto", help="What to learn; auto asks the data.")
@click.option("--lora", is_flag=True, help="Train a small adapter and merge it, instead of all weights.")
@click.option("--rank", type=click.IntRange(min=1), help="The rank of the adapter, 8 by default.")
@click.option("--steps", type=click.IntRange(min=1), help="How many steps; 3 epochs by default.")
@click.option("--epochs", type=click.FloatRange(min=0, min_open=True), help="How many times through the data.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="The learning rate; by size if not given.")
@click.option("--batch-size", type=click.IntRange(min=1), help="Sequences of a step; by memory if not given.")
@click.option("--length", type=click.IntRange(min=2), help="Tokens of a sequence.")
@click.option("--eval", "held_out", type=_PATH, metavar="FILE", help="Held-out data; 5 % of DATA if not given.")
@click.option("--tune", type=click.IntRange(min=1), metavar="N", help="Search for better numbers in N trials first.")
@click.option("--memory", metavar="SIZE", help="Memory to stay within, such as '4 GB'; what is free by default.")
@click.option("--seed", type=click.IntRange(min=0), default=0, help="The same seed trains the same weights.")
@json_option
def command(model: str, output: Path, as_json: bool, **given: Any) -> None:
    """Train a language model on your files.

    MODEL is a preset (tiny, or in another shape: tiny-bert, tiny-t5), a Hugging Face folder or a hub id; DATA are
    text, CSV, TSV, JSON, JSONL or Parquet files of texts or dialogues. Prints where every row went, then a live
    line, then the held-out loss before and after. OUT gets the checkpoint, training.json and a report.
    """
    options = _options(model, given)
    from limbeck.evaluation.training_delivery import check_target, deliver_training

    check_target(output)
    from limbeck.cli.progress import shown
    from limbeck.core.store import Store
    from limbeck.model.train_model import train_model

    root = Path(os.environ.get("LIMBECK_STORE") or output.absolute().parent / ".limbeck")
    with shown() as listener:
        artifact = train_model(
            options, Store(root / "train" / output.name), listener, lambda told: _waterfall(told, as_json)
        )
    facts = deliver_training(artifact.path, output)
    if as_json:
        emit({"output": str(output), **{name: value for name, value in facts.items() if name != "schema"}})
    else:
        _tell(facts, output)


def _options(model: str, given: dict[str, Any]) -> "TrainOptions":
    from limbeck.core.errors import UsageError
    from limbeck.core.units import parse_size_bytes
    from limbeck.model.train_options import TrainOptions

    memory, objective = given.pop("memory"), given.pop("objective")
    try:
        memory_bytes = parse_size_bytes(memory) if memory is not None else None
    except ValueError as error:
        raise UsageError(str(error), where="limbeck train --memory", fix="--memory '4 GB'") from error
    given["tune"] = given["tune"] or 0
    return TrainOptions(
        model=model, memory_bytes=memory_bytes, objective=None if objective == "auto" else objective, **given
    )


def _waterfall(told: Mapping[str, Any], as_json: bool) -> None:
    """Print where every row went, on standard error where standard output is for a program."""
    from limbeck.cli.waterfall import waterfall_text
    from limbeck.corpus.kept_waterfall import waterfall_from

    write = note if as_json else say
    write(waterfall_text(waterfall_from(told)))
    write(f"objective: {told['objective']['name']} ({told['objective']['why']})")


def _tell(facts: Mapping[str, Any], output: Path) -> None:
    from limbeck.evaluation.training_report import amount

    rows = []
    held_out = facts["held_out"]
    if held_out is not None:
        rows.append(("held-out loss", amount(held_out["before"]), amount(held_out["after"])))
        if bits := held_out["bits_per_byte"]:
            rows.append(("bits per byte", amount(bits["before"]), amount(bits["after"])))
        say(table(rows, header=("", "before", "after"), right=(1, 2)))
    else:
        say("nothing was held out: give data to judge by with --eval FILE")
    speed = facts["measured"]["tokens_per_second"]
    ended = "stopped early" if facts["stopped_early"] else "all of them"
    say(f"steps  {facts['steps']:,} ({ended})" + (f", {speed:,.0f} tokens/s" if speed else ""))
    say(f"model  {output}")
    say(f"report {output / 'report.html'}")
