"""Open a transformers checkpoint as it is, from a folder or the hub, to talk with it or to look inside.

Safetensors only, and no code from a checkpoint is ever run.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
)
from transformers.utils import logging

from limbeck.core.errors import LimbeckError, MachineError
from limbeck.model.checkpoint_place import place_of
from limbeck.model.tokenizer_files import MOST_UNUSED
from limbeck.model.weight_files import check_weights

Kind = Literal["decoder", "encoder", "encoder-decoder"]
EXAMPLES: Mapping[Kind, str] = {
    "decoder": "causal decoder (Llama, Qwen3, GPT-2)",
    "encoder": "encoder (BERT)",
    "encoder-decoder": "encoder-decoder (T5, BART)",
}

_WITH_HEAD: Mapping[Kind, Any] = {"decoder": AutoModelForCausalLM, "encoder-decoder": AutoModelForSeq2SeqLM}
_MOST_BEYOND = 1000
_NO_LIMIT = 1_000_000
"""Tokenizers write far larger numbers for none."""

logging.disable_progress_bar()
logging.set_verbosity_error()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pretrained:
    """A network with its tokenizer, both as transformers loads them."""

    name: str
    kind: Kind
    network: Any
    words: Any

    @property
    def model_type(self) -> str:
        """Return what transformers calls the architecture, such as `gpt2`."""
        return str(self.network.config.model_type)

    @property
    def context_tokens(self) -> int | None:
        """Return how many tokens the network can read, None where nothing limits it.

        A T5 could read on for ever; what counts is what it was trained on, which its tokenizer tells.
        """
        limit = getattr(self.network.config.get_text_config(), "max_position_embeddings", None)
        if not limit and self.reads_apart:
            limit = getattr(self.network.config, "n_positions", None) or self.words.model_max_length
        return int(limit) if limit and limit < _NO_LIMIT else None

    @property
    def reads_apart(self) -> bool:
        """Tell whether prompts are read by an encoder of their own, which leaves the answer a context of its own."""
        return self.kind == "encoder-decoder"

    @property
    def stop_ids(self) -> tuple[int, ...]:
        """Return the tokens that end an answer, those of the tokenizer and of the generation settings."""
        settings = getattr(self.network, "generation_config", None)
        ends = getattr(settings, "eos_token_id", None)
        found = [*(ends if isinstance(ends, list) else [ends]), self.words.eos_token_id]
        return tuple(sorted({int(token) for token in found if token is not None}))

    @property
    def chat_template(self) -> str | None:
        """Return the Jinja template that comes with the tokenizer."""
        template = self.words.chat_template
        return template.get("default") if isinstance(template, dict) else template

    @property
    def special_tokens(self) -> dict[str, str]:
        """Return the tokens a template may name, such as `eos_token`."""
        return {key: str(token) for key, token in self.words.special_tokens_map.items() if not isinstance(token, list)}

    def encode(self, text: str) -> list[int]:
        """Tokenise; special tokens written in the text count as such, only an encoder's input gets more."""
        return [int(token) for token in self.words.encode(text, add_special_tokens=self.reads_apart)]

    def decode(self, ids: Sequence[int]) -> str:
        """Write tokens as text, special ones left out."""
        text: str = self.words.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text


def open_pretrained(name: str, *, kinds: tuple[Kind, ...], with_head: bool, attention: str = "sdpa") -> Pretrained:
    """Load a checkpoint in float32: a folder, or a hub id from the cache or else from the network.

    Args:
        kinds: what the caller can use.
        with_head: load what scores the next token too.
        attention: how transformers computes attention; only `eager` shows its weights.
    Raises: LimbeckError: no checkpoint, or of another kind. MachineError: the hub cannot be reached.
    """
    source: dict[str, Any] = {"pretrained_model_name_or_path": name, "trust_remote_code": False}
    source["local_files_only"] = place_of(name) == "folder" or _is_cached(name)
    with _explained(name, is_local=source["local_files_only"]):
        config = AutoConfig.from_pretrained(**source)
    kind = _kind_of(config, name, kinds)
    if Path(name).is_dir():
        check_weights(Path(name))
    with _explained(name, is_local=source["local_files_only"]):
        words = AutoTokenizer.from_pretrained(**source)
        auto = _WITH_HEAD[kind] if with_head else AutoModel
        network = auto.from_pretrained(
            **source, dtype=torch.float32, use_safetensors=True, attn_implementation=attention
        ).eval()
    _check_words(words, network, name)
    return Pretrained(name=name, kind=kind, network=network, words=words)


def _is_cached(name: str) -> bool:
    from huggingface_hub import try_to_load_from_cache

    return isinstance(try_to_load_from_cache(name, "config.json"), str)


def _kind_of(config: Any, name: str, kinds: tuple[Kind, ...]) -> Kind:
    kind: Kind | None = None
    if config.is_encoder_decoder:
        kind = "encoder-decoder" if config.model_type in MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES else None
    elif config.model_type in MODEL_FOR_MASKED_LM_MAPPING_NAMES and not getattr(config, "is_decoder", False):
        kind = "encoder"
    elif config.model_type in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        kind = "decoder"
    if kind is not None and kind in kinds:
        return kind
    found = f"an {kind}" if kind and kind[0] == "e" else f"a {kind}" if kind else "no text model that is known here"
    what = f"'{name}' ({config.model_type}) is {found}"
    raise LimbeckError(
        what, where=name, fix=f"supported: {', '.join(EXAMPLES[each] for each in EXAMPLES if each in kinds)}"
    )


def _check_words(words: Any, network: Any, name: str) -> None:
    """Refuse a tokenizer that transformers made up of nothing, or one of another network."""
    size = network.get_input_embeddings().num_embeddings
    # some have tokens beyond the network's rows that nobody uses; a prompt with one is refused when it is read
    if not words.is_fast or not size * (1 - MOST_UNUSED) <= len(words) <= size + _MOST_BEYOND:
        what = f"the tokenizer of {len(words)} tokens does not belong to a network of {size}"
        raise LimbeckError(what, where=name, fix="copy the tokenizer.json the network was trained with into the folder")


@contextmanager
def _explained(name: str, *, is_local: bool) -> Iterator[None]:
    """Turn what transformers and the hub raise into an error with a fix."""
    try:
        yield
    except SafetensorError as error:
        raise LimbeckError(f"the weights are damaged: {error}", where=name, fix="copy them again") from error
    except (OSError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0].rstrip().removesuffix(" from one of:")
        if is_local:
            fix = "it takes config.json, *.safetensors and a tokenizer, of an architecture that transformers knows"
            raise LimbeckError(f"cannot load '{name}': {reason}", where=name, fix=fix) from error
        fix = "check the id and the connection, or give a local folder"
        raise MachineError(f"cannot load '{name}' from the hub: {reason}", where=name, fix=fix) from error
