"""Compress a model to a budget of disk, memory and time per token, measured on the exported files."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from limbeck.cli.console import emit, json_option, note, say

if TYPE_CHECKING:
    from limbeck.core.progress import Phases
    from limbeck.evaluation.compression_report import Outlook

_PATH = click.Path(path_type=Path)


@click.command("compress")
@click.argument("model")
@click.option("--budget", required=True, metavar="BUDGET", help="Such as disk=20MB,memory=300MB,latency=15ms.")
@click.option("--data", type=_PATH, multiple=True, metavar="FILE", help="Text to judge by; may be repeated.")
@click.option("--engine", "engines", multiple=True, metavar="NAME", help="openvino, llamacpp; may be repeated.")
@click.option("-o", "--output", type=_PATH, required=True, metavar="OUT", help="The folder of the compressed model.")
@json_option
def command(
    model: str, budget: str, data: tuple[Path, ...], engines: tuple[str, ...], output: Path, as_json: bool
) -> None:
    """Compress a model to a budget, alone.

    MODEL is a Hugging Face folder or a hub id of a causal decoder (Llama, Qwen3, GPT-2 and their like). --data is what
    the exports are judged on: text, CSV, TSV, JSON, JSONL or Parquet; without it, built-in text. OUT gets
    models/<engine>/, tokenizer/, plan.json, measured.json and a README.md; `limbeck chat OUT` talks with it.
    """
    from limbeck.core.budget_text import parse_budget

    limits = parse_budget(budget)
    from limbeck.evaluation.compression_delivery import check_target

    check_target(output)
    from limbeck.evaluation.compress_model import CompressOptions, compress_model

    chosen = tuple(dict.fromkeys(engines)) or ("openvino",)
    options = CompressOptions(model=model, budget=limits, engines=chosen, data=data)
    root = Path(os.environ.get("LIMBECK_STORE") or output.absolute().parent / ".limbeck")
    foreseen: list[Outlook] = []
    with _phases() as phases:
        report = compress_model(
            options,
            output,
            cache=root / "compress",
            phases=phases,
            foreseen=lambda outlook: _tell_outlook(outlook, foreseen),
        )
    _end(report, foreseen[0], output, as_json)


@contextmanager
def _phases() -> "Iterator[Phases]":
    """Show each phase as a stage of its own."""
    import time

    from limbeck.cli.progress import shown

    with shown() as listener:
        begun: list[tuple[str, float]] = []

        def end() -> None:
            if begun:
                name, since = begun.pop()
                listener.stage_finished(name, "ran", time.monotonic() - since)

        def begin(name: str) -> Any:
            end()
            begun.append((name, time.monotonic()))
            listener.stage_started(name)
            return lambda done, total, text="": listener.stage_progress(name, done, total, text)

        yield begin
        end()


def _tell_outlook(outlook: "Outlook", heard: "list[Outlook]") -> None:
    from limbeck.cli.ladder import outlook_text

    heard.append(outlook)
    note(outlook_text(outlook))


def _end(report: Mapping[str, Any], outlook: "Outlook", output: Path, as_json: bool) -> None:
    from dataclasses import asdict

    from limbeck.cli.ladder import ladder_text, price_text
    from limbeck.cli.verdict import verdict_text

    if as_json:
        emit({"output": str(output), "forecast": asdict(outlook), **report})
        return
    say(verdict_text({**report, "scores": []}))
    say()
    say(ladder_text(report["ladder"]))
    say()
    for line in price_text(report["ladder"]):
        say(line)
    calibration = report["calibration"]
    say(f"judged on {calibration['num_prompts']} prompts of {calibration['source']}")
    for text in calibration["notes"]:
        say(f"note: {text}")
    say(f"model   {output}")
    say(f"talk    limbeck chat {output}")
