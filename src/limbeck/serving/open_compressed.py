"""Open a folder that `limbeck compress` made, to talk with the exported model in its own engine; needs no PyTorch."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast, final

from limbeck.compression.compressed_folder import MODELS_FOLDER, PLAN_FILE, TOKENIZER_FOLDER
from limbeck.core.errors import LimbeckError
from limbeck.engine.engine import ENGINES, EngineModule
from limbeck.model.chat_template import load as load_template
from limbeck.model.chat_template import special_tokens
from limbeck.model.context_tokens import context_tokens
from limbeck.model.dialogue_format import DialogueFormat, choose_format
from limbeck.model.text_tokenizer import load as load_tokenizer
from limbeck.serving.conversation import Room, Talker
from limbeck.serving.open_talker import ChatOptions, choose_sampling

if TYPE_CHECKING:
    from limbeck.model.text_tokenizer import TextTokenizer


@final
@dataclass(frozen=True, slots=True)
class _Writer:
    tokenizer: "TextTokenizer"
    form: DialogueFormat

    def write(self, messages: Sequence[Mapping[str, str]]) -> list[int]:
        return self.tokenizer.encode(self.form.render(messages))

    def read(self, tokens: Sequence[int]) -> str:
        return self.tokenizer.decode(tokens)


def is_compressed(folder: Path) -> bool:
    """Tell whether a folder is one that `limbeck compress` made."""
    return (folder / PLAN_FILE).is_file() and (folder / MODELS_FOLDER).is_dir() and (folder / TOKENIZER_FOLDER).is_dir()


def open_compressed(folder: Path, options: ChatOptions, engine: str | None = None) -> Talker:
    """Load one of its engines, by default the first.

    Raises: LimbeckError: no such engine is there, files are damaged, or the model was not made for dialogue.
            UsageError: the options leave no room for a question.
    """
    there = sorted(path.name for path in (folder / MODELS_FOLDER).iterdir())
    name = engine or next(iter(there), "")
    if name not in there:
        fix = f"it has {', '.join(there)}" if there else "compress the model again"
        raise LimbeckError(f"no model for the engine {name!r}", where=str(folder / MODELS_FOLDER), fix=fix)
    words, config = folder / TOKENIZER_FOLDER, _read(folder / TOKENIZER_FOLDER / "config.json")
    tokenizer = load_tokenizer(words)
    special = special_tokens(_read(words / "tokenizer_config.json"))
    form = load_template(words) or choose_format(
        None, special, model_type=str(config.get("model_type")), where=str(folder)
    )
    room = Room(context_tokens=context_tokens(config))
    settings = SimpleNamespace(**_read(words / "generation_config.json"))
    sampling = choose_sampling(options, settings, stop_ids=tokenizer.stop_ids, room=room)
    loaded = cast(EngineModule, ENGINES.load(name)).load(folder / MODELS_FOLDER / name)
    return Talker(name=str(folder), generator=loaded, writer=_Writer(tokenizer, form), sampling=sampling, room=room)


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise LimbeckError(f"not JSON: {error}", where=str(path), fix="compress the model again") from error
    return found
