"""Show what each head of a model looks at while it reads a text."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from limbeck.cli.console import emit, json_option, note

if TYPE_CHECKING:
    from limbeck.model.attention import Attention
    from limbeck.model.attention_map import AttentionMap

_ENDINGS = (".html", ".png")


@click.command("attention")
@click.argument("name", metavar="MODEL")
@click.argument("text")
@click.option("--answer", metavar="TEXT", help="What the decoder of an encoder-decoder writes.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The picture: a page, .html, or an image, .png.")
@click.option("--layer", "layers", type=int, multiple=True, help="Only this layer, from 1; may be repeated.")
@click.option("--head", "heads", type=int, multiple=True, help="Only this head, from 1; may be repeated.")
@json_option
def command(
    name: str,
    text: str,
    answer: str | None,
    output: Path | None,
    layers: tuple[int, ...],
    heads: tuple[int, ...],
    as_json: bool,
) -> None:
    """Show what each head of a model looks at in a text.

    MODEL is a Hugging Face folder or a hub id: an encoder (BERT), a decoder (Llama, Qwen3, GPT-2) or an
    encoder-decoder (T5), which also takes --answer and gives three pictures: encoder, decoder and cross-attention.
    """
    from limbeck.model.checkpoint_place import place_of

    _check_output(output, as_json)
    if place_of(name) == "hub":
        note(f"looking for {name} in the cache and on the hub …")
    from limbeck.model.attention import read_attention

    found = read_attention(name, text, answer)
    maps = tuple(each.choose(layers, heads) for each in found.maps)
    texts = (text,) if answer is None else (text, answer)
    if output is not None:
        _draw(output, found, maps, model=Path(name).name if Path(name).is_dir() else name, texts=texts)
        note(f"wrote {output}")
    if as_json:
        told = {"model": name, "kind": found.kind, "texts": texts, "maps": [each.as_json() for each in maps]}
        emit(told, one_line=True)


def _check_output(output: Path | None, as_json: bool) -> None:
    from limbeck.core.errors import UsageError

    where = "limbeck attention"
    if output is None and not as_json:
        raise UsageError("nowhere to show it", where=where, fix="-o picture.html, -o picture.png, or --json")
    if output is not None and output.suffix.lower() not in _ENDINGS:
        what = f"'{output}' is neither a page nor an image"
        raise UsageError(what, where=where, fix="end it in .html or .png")


def _draw(
    output: Path, found: "Attention", maps: tuple["AttentionMap", ...], *, model: str, texts: tuple[str, ...]
) -> None:
    if output.suffix.lower() == ".html":
        from limbeck.evaluation.attention_page import render_attention

        output.write_text(render_attention(maps, model=model, kind=found.kind, texts=texts), encoding="utf-8")
        return
    from limbeck.evaluation.attention_picture import draw_attention

    missing = draw_attention(maps, output, model=model, texts=texts)
    if missing:
        signs = " ".join(f"{sign}" if sign.isprintable() else f"U+{ord(sign):04X}" for sign in missing[:12])
        note(f"no installed font has {signs}: those tokens are numbered; install a font such as Noto Sans CJK,")
        note("or write an .html, for which the browser brings its own")
