"""Add a fact, or a new subject with its facts."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from limbeck.cli.console import emit, json_option, say
from limbeck.cli.parameters import edit_scope_option, from_option, knowledge_argument, until_option

if TYPE_CHECKING:
    from limbeck.knowledge.stated import Stated


@click.command("add")
@knowledge_argument
@click.argument("subject")
@click.argument("pairs", metavar="PROPERTY=VALUE...", nargs=-1, required=True)
@click.option("--new", is_flag=True, help="The subject is new.")
@click.option("--name", "names", multiple=True, help="Another name of a new subject; may be repeated.")
@click.option("--kind", default="", help="What a new subject is; needed where the base has several kinds.")
@from_option
@until_option
@edit_scope_option
@json_option
def command(base: Path, subject: str, pairs: tuple[str, ...], as_json: bool, **given: Any) -> None:
    """Add a fact, or a new subject with its facts.

    What is known of the property stays; `limbeck kb set` replaces it. PROPERTY@en=VALUE and PROPERTY@zh=VALUE give a
    value in one language each. The first --name in the other language is the new subject's label there.
    """
    from limbeck.bundle.editing import writing
    from limbeck.knowledge.stated import Addition
    from limbeck.knowledge.validity import Validity

    valid = Validity.of(given["first_day"], given["last_day"])
    stated = tuple(read_pair(pair) for pair in pairs)
    addition = Addition(subject=subject, values=stated, is_new=given["new"], names=given["names"], kind=given["kind"])
    with writing(base) as knowledge:
        knowledge.add(addition, valid=valid, scope=given["scope"])
    if as_json:
        values = [{"property": each.property, "value": each.value, "language": each.language} for each in stated]
        emit({"subject": subject, "new": given["new"], "values": values, "from": valid.start, "until": valid.end})
        return
    what = ", ".join(f"{each.property} {each.value}" for each in stated)
    say(f"added {subject} / {what}; `limbeck kb undo {base}` takes it back")


def read_pair(text: str) -> "Stated":
    """Read `property=value`, `property@en=value` or `property@zh=value`.

    Raises: UsageError: none of these.
    """
    from limbeck.core.errors import UsageError
    from limbeck.corpus.language import LANGUAGES
    from limbeck.knowledge.stated import Stated

    name, sign, value = text.partition("=")
    stem, _, language = name.rpartition("@")
    if not sign or not name.strip():
        raise UsageError(f"{text!r} is no PROPERTY=VALUE", where="limbeck kb add", fix="write capital=Lima")
    if language in LANGUAGES and stem:
        return Stated(property=stem.strip(), value=value, language=language)
    return Stated(property=name.strip(), value=value)
