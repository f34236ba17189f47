"""What a training starts from: a checkpoint folder, what it is, and its tokenizer.

MODEL may be a preset (`tiny`), a preset in the shape of another family (`tiny-bert`, `tiny-t5`), a checkpoint that
comes with Limbeck, a Hugging Face folder, or a hub id.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from tokenizers import Tokenizer

from limbeck.core.errors import LimbeckError
from limbeck.model.chat_template import load as load_template
from limbeck.model.checkpoint_kind import kind_of, read_config
from limbeck.model.checkpoint_place import place_of
from limbeck.model.context_tokens import context_tokens
from limbeck.model.dialogue_format import ClosedTurns, DialogueFormat
from limbeck.model.network_family import FAMILIES, Kind
from limbeck.model.text_tokenizer import load as load_tokenizer
from limbeck.recipe.preset import Preset, load_preset, preset_names
from limbeck.recipe.shipped import shipped_folder, shipped_names

SUPPORTED = (
    "a preset ({presets}, also tiny-bert, tiny-t5 and the like), a Hugging Face folder (config.json, *.safetensors, "
    "tokenizer), or a hub id such as owner/model"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Where the model of a name is found; a preset has no folder yet, a hub id none at all."""

    name: str
    place: Literal["preset", "folder", "hub"]
    folder: Path | None = None
    preset: Preset | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A checkpoint folder, read without its weights."""

    folder: Path
    kind: Kind
    model_type: str
    words: Tokenizer
    end_id: int
    pad_id: int
    start_id: int | None
    context_tokens: int | None

    def dialogue_format(self) -> DialogueFormat:
        """Return how conversations are written for it.

        Raises: LimbeckError: it has no chat template, and is not of a kind that is known to do without.
        """
        template = load_template(self.folder)
        if template is not None:
            return template
        if self.model_type == "gpt2" or self.kind == "seq2seq":
            return ClosedTurns(str(self.words.id_to_token(self.end_id)))
        what = f"the {self.model_type} has no chat template, and the data is dialogues"
        fix = "add a chat_template.jinja to its folder, or learn them as text: --objective causal"
        raise LimbeckError(what, where=str(self.folder), fix=fix)


def find_base(name: str) -> Named:
    """Tell what a MODEL stands for, before anything heavy is loaded.

    Raises: LimbeckError: nothing.
    """
    preset = _preset(name)
    if preset is not None:
        return Named(name=name, place="preset", preset=preset)
    if name in shipped_names() and not Path(name).exists():
        return Named(name=name, place="folder", folder=shipped_folder(name))
    if place_of(name, supported=SUPPORTED.format(presets=", ".join(preset_names()))) == "folder":
        return Named(name=name, place="folder", folder=Path(name))
    return Named(name=name, place="hub")


def read_base(folder: Path) -> Base:
    """Read config and tokenizer of a checkpoint folder.

    Raises: LimbeckError: damaged, of no kind that can learn, or without an end token.
    """
    config = read_config(folder)
    words = load_tokenizer(folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    if not words.stop_ids:
        fix = "set eos_token in tokenizer_config.json, or eos_token_id in config.json"
        raise LimbeckError("the model names no token at which it stops", where=str(folder), fix=fix)
    end_id = words.stop_ids[0]
    pad_id = config.get("pad_token_id")
    return Base(
        folder=folder,
        kind=kind_of(folder, config),
        model_type=str(config.get("model_type")),
        words=tokenizer,
        end_id=end_id,
        pad_id=end_id if pad_id is None else int(pad_id),
        start_id=config.get("bos_token_id"),
        context_tokens=None if config.get("model_type") in ("t5", "mt5") else context_tokens(config),
    )


def _preset(name: str) -> Preset | None:
    if Path(name).exists():
        return None
    if name in preset_names():
        return load_preset(name)
    head, _, family = name.rpartition("-")
    return replace(load_preset(head), family=family) if head in preset_names() and family in FAMILIES.names() else None
