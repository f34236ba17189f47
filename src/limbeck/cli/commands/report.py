"""Print the report of a bundle or of a run."""

from pathlib import Path

import click

from limbeck.cli.console import emit, is_terminal, json_option, note, say


@click.command("report")
@click.argument("run_or_bundle", type=click.Path(path_type=Path), default=".")
@click.option("--html", type=click.Path(path_type=Path), help="Write the page with plots to this file instead.")
@json_option
def command(run_or_bundle: Path, html: Path | None, as_json: bool) -> None:
    """Print the report of a bundle, or of the recipe in a folder."""
    from limbeck.cli.finished import find_report, read_report

    report = read_report(find_report(run_or_bundle))
    if html is not None:
        from limbeck.evaluation.render import render_html

        html.write_text(render_html(report), encoding="utf-8")
        note(f"wrote {html}")
    if as_json:
        emit(report)
    elif html is None:
        from limbeck.evaluation.render import render_markdown

        _print(render_markdown(report))


def _print(markdown: str) -> None:
    """Print Markdown as it is, or drawn where a person looks at it."""
    if not is_terminal():
        say(markdown.rstrip())
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(markdown))
