"""Make the atlas example and ask it five questions."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from limbeck.cli.console import emit, json_option, note, paint, say

if TYPE_CHECKING:
    from limbeck.bundle.reply import Reply

_EXAMPLE = Path("examples/atlas")
_QUESTIONS = (
    ("What is the capital of Mongolia?", False),
    ("And its currency?", True),
    ("秘鲁的首都是哪里？", False),
    ("When is the visa desk open?", False),
    ("Who will win the next world cup?", False),
)
"""Each with whether it goes on from the question before."""


@click.command("demo")
@json_option
def command(as_json: bool) -> int:
    """Make the atlas example and ask it five questions."""
    from limbeck.cli.finished import find_report, read_report
    from limbeck.cli.making import make, tell
    from limbeck.cli.verdict import exit_code
    from limbeck.cli.workshop import open_workshop

    workshop = open_workshop(find_example())
    bundle = Path("build") / workshop.recipe.name
    made = make(workshop, bundle)
    report = read_report(find_report(bundle))
    note("")
    asked = _ask(bundle, as_json)
    if as_json:
        emit({"bundle": str(bundle), "questions": asked, "verdict": report["verdict"], "scores": report["scores"]})
    else:
        tell(bundle, report, made.seconds)
    return exit_code(report)


def find_example() -> Path:
    """Return the folder of the example, from here upwards or in the clone limbeck was installed from.

    Raises: UsageError: it is not there.
    """
    import limbeck
    from limbeck.core.errors import UsageError

    here = Path.cwd()
    for folder in (here, *here.parents, Path(limbeck.__path__[0]).parents[1]):
        if (folder / _EXAMPLE / "limbeck.toml").is_file():
            return folder / _EXAMPLE if folder != here else _EXAMPLE
    raise UsageError(
        f"there is no {_EXAMPLE} here", fix="run it in a clone of limbeck: the example comes with the source"
    )


def _ask(bundle: Path, as_json: bool) -> "list[dict[str, Any]]":
    from limbeck.bundle.assistant import open_bundle
    from limbeck.cli.answer import reply_json, source_lines
    from limbeck.serving.dialogue import Dialogue, converse

    asked = []
    dialogue = Dialogue()
    with open_bundle(bundle) as assistant:
        for question, goes_on in _QUESTIONS:
            dialogue, reply = converse(dialogue if goes_on else Dialogue(), assistant, question)
            asked.append({"question": question, **reply_json(reply)})
            if not as_json:
                _show(question, reply, source_lines(reply, assistant.knowledge.resolve))
    return asked


def _show(question: str, reply: "Reply", sources: list[str]) -> None:
    say(f"{paint('?', 'cyan', 'bold')} {paint(question, 'bold')}")
    say(f"  {reply.answer.text}")
    for line in sources:
        say(line)
    say()
