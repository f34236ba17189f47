"""Talk with a bundle, every answer citing its sources, with a compressed model, or with any checkpoint that writes."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from limbeck.cli.console import emit, json_option, note, say
from limbeck.cli.parameters import engine_option, scope_option
from limbeck.cli.turns import hear, take_turns

if TYPE_CHECKING:
    from limbeck.serving.conversation import Conversation, Talker
    from limbeck.serving.dialogue import Dialogue

_SUPPORTED = (
    "a bundle such as build/atlas, a Hugging Face folder of a causal decoder (Llama, Qwen3, GPT-2, DialoGPT) or an "
    "encoder-decoder (T5, BART) with config.json, *.safetensors and tokenizer, or its hub id, owner/model"
)


@click.command("chat")
@click.argument("name", metavar="MODEL_OR_BUNDLE")
@engine_option
@click.option("--temperature", type=click.FloatRange(min=0), help="0 takes the likeliest token, 1 draws freely.")
@click.option("--top-p", type=click.FloatRange(0, 1, min_open=True), help="Draw from the likeliest, up to this share.")
@click.option("--top-k", type=click.IntRange(min=1), help="Draw from this many of the likeliest tokens.")
@click.option("--max-tokens", type=click.IntRange(min=1), help="The longest answer, 256 tokens by default.")
@click.option("--seed", type=click.IntRange(min=0), help="The same seed gives the same answers; 0 by default.")
@scope_option
@json_option
def command(name: str, engine: str | None, scope: str, as_json: bool, **drawn: Any) -> None:
    """Talk with a bundle, or with a model.

    A bundle cites its sources. A model that `limbeck compress` made runs in its engine. Any other is a Hugging
    Face folder of a causal decoder (Llama, Qwen3, GPT-2, DialoGPT) or of an encoder-decoder (T5, BART), or a hub
    id. How it draws its answers is up to the checkpoint where no option says; the oldest turns are dropped where
    the talk outgrows its context.
    """
    from limbeck.bundle.manifest import MANIFEST
    from limbeck.core.errors import UsageError

    given = [key for key, value in drawn.items() if value is not None]
    if (Path(name) / MANIFEST).is_file():
        if given:
            what = f"--{given[0].replace('_', '-')} is for models; a bundle answers from its knowledge"
            raise UsageError(what, where="limbeck chat", fix="leave it out")
        _chat_with_bundle(Path(name), engine, scope, as_json)
        return
    if scope:
        raise UsageError("--scope is for bundles; a model has no knowledge", where="limbeck chat", fix="leave it out")
    from limbeck.serving.open_compressed import is_compressed

    if engine is not None and not is_compressed(Path(name)):
        what = "--engine is for bundles and compressed models; a checkpoint runs in PyTorch"
        raise UsageError(what, where="limbeck chat", fix="leave it out")
    _chat_with_model(name, engine, drawn, as_json)


def _chat_with_bundle(bundle: Path, engine: str | None, scope: str, as_json: bool) -> None:
    from limbeck.bundle.assistant import open_bundle
    from limbeck.cli.answer import reply_json, source_lines
    from limbeck.serving.dialogue import Dialogue, converse

    with open_bundle(bundle, engine, scope=scope) as assistant:

        def answer(dialogue: "Dialogue", question: str) -> "Dialogue":
            after, reply = converse(dialogue, assistant, question, None if as_json else hear)
            if as_json:
                emit({"question": question, **reply_json(reply)}, one_line=True)
                return after
            say()
            for source in source_lines(reply, assistant.knowledge.resolve):
                say(source)
            return after

        take_turns(assistant.manifest.name, Dialogue(), answer)


def _open(name: str, engine: str | None, drawn: dict[str, Any]) -> "Talker":
    from limbeck.model.checkpoint_place import place_of
    from limbeck.serving.open_compressed import is_compressed, open_compressed
    from limbeck.serving.open_talker import ChatOptions, open_talker

    if is_compressed(Path(name)):
        return open_compressed(Path(name), ChatOptions(**drawn), engine)
    if place_of(name, supported=_SUPPORTED) == "hub":
        note(f"looking for {name} in the cache and on the hub …")
    return open_talker(name, ChatOptions(**drawn))


def _chat_with_model(name: str, engine: str | None, drawn: dict[str, Any], as_json: bool) -> None:
    from limbeck.cli.answer import rounded
    from limbeck.serving.conversation import Conversation

    talker = _open(name, engine, drawn)

    def answer(conversation: "Conversation", question: str) -> "Conversation":
        after, said = talker.answer(conversation, question, None if as_json else hear)
        if as_json:
            told = {"answer": said.text, "num_tokens": said.num_tokens, "is_cut": said.is_cut}
            told |= {"forgotten_turns": after.num_forgotten, "timings_ms": rounded(said.timings_ms)}
            emit({"question": question, **told}, one_line=True)
        else:
            say()
        if after.num_forgotten and not conversation.num_forgotten:
            note("the talk has outgrown the model's context: its oldest turns are dropped from here on")
        return after

    take_turns(name, Conversation(), answer)
