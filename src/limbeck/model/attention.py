"""Read what each head of a transformers model looks at while it reads a text.

T = queries, S = keys, L = layers, H = heads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from limbeck.core.errors import LimbeckError, UsageError
from limbeck.model.attention_map import AttentionMap, Part
from limbeck.model.pretrained import EXAMPLES, Kind, Pretrained, open_pretrained
from limbeck.model.token_labels import label_tokens

MAX_TOKENS = 64
"""More rows than this are no picture any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """What a model looks at while it reads: an encoder-decoder in three parts, others in one."""

    kind: Kind
    maps: tuple[AttentionMap, ...]


@dataclass(frozen=True, slots=True)
class _Read:
    ids_T: list[int]
    labels: tuple[str, ...]


def read_attention(name: str, text: str, answer: str | None = None) -> Attention:
    """Let a model read a text, an encoder-decoder also an answer, and return its attention weights.

    Raises: LimbeckError: no model that can be read. UsageError: a text is empty, too long, missing or too many.
    """
    opened = open_pretrained(name, kinds=tuple(EXAMPLES), with_head=False, attention="eager")
    _check_texts(opened, answer)
    shown = _tokenise(opened, text)
    given: dict[str, Any] = {"input_ids": torch.tensor([shown.ids_T])}
    if answer is None:
        part: Part = "decoder" if opened.kind == "decoder" else "encoder"
        found = _run(opened, **given)
        return Attention(kind=opened.kind, maps=(_map(part, found.get("attentions"), shown, shown, name),))
    written = _shift(opened, _tokenise(opened, answer))
    found = _run(opened, **given, decoder_input_ids=torch.tensor([written.ids_T]), use_cache=False)
    maps = (
        _map("encoder", found.get("encoder_attentions"), shown, shown, name),
        _map("decoder", found.get("decoder_attentions"), written, written, name),
        _map("cross", found.get("cross_attentions"), written, shown, name),
    )
    return Attention(kind=opened.kind, maps=maps)


def _check_texts(opened: Pretrained, answer: str | None) -> None:
    takes_two = opened.kind == "encoder-decoder"
    if takes_two and answer is None:
        what = f"'{opened.name}' is an encoder-decoder: it reads two texts"
        raise UsageError(what, fix='give what its decoder writes: --answer "…"')
    if not takes_two and answer is not None:
        article = "an" if opened.kind == "encoder" else "a"
        raise UsageError(f"'{opened.name}' is {article} {opened.kind}: it reads one text", fix="leave --answer out")


def _run(opened: Pretrained, **inputs: Any) -> dict[str, Any]:
    with torch.inference_mode():
        return dict(opened.network(**inputs, output_attentions=True))


def _tokenise(opened: Pretrained, text: str) -> _Read:
    found = opened.words(text, return_offsets_mapping=True)
    ids_T = [int(token) for token in found["input_ids"]]
    if not text.strip() or not ids_T:
        raise UsageError(f"the text {text[:40]!r} is empty", fix='give a sentence such as "The dog chased the cat"')
    if len(ids_T) > MAX_TOKENS:
        what = f"the text has {len(ids_T)} tokens; a picture shows at most {MAX_TOKENS}"
        raise UsageError(what, fix="give a shorter text")
    return _Read(ids_T, label_tokens(text, found["offset_mapping"], opened.words.convert_ids_to_tokens(ids_T)))


def _shift(opened: Pretrained, written: _Read) -> _Read:
    """Put the start token first and take the end token off: what a decoder reads while it writes the answer."""
    start = opened.network.config.decoder_start_token_id
    if start is None:
        fix = "set decoder_start_token_id in config.json"
        raise LimbeckError("the model does not say how its decoder starts", where=opened.name, fix=fix)
    kept = len(written.ids_T) - (written.ids_T[-1] == opened.words.eos_token_id)
    first = str(opened.words.convert_ids_to_tokens(int(start)))
    return _Read([int(start), *written.ids_T[:kept]], (first, *written.labels[:kept]))


def _map(part: Part, layers: Sequence[Any] | None, queries: _Read, keys: _Read, name: str) -> AttentionMap:
    if not layers or any(layer is None for layer in layers):
        what = f"'{name}' gives no {part} attention weights"
        raise LimbeckError(what, where=name, fix="choose a transformer: Llama, Qwen3, GPT-2, BERT, T5 and their like")
    weights_LHTS = np.stack([layer[0].float().numpy() for layer in layers])
    return AttentionMap(
        part=part,
        queries=queries.labels,
        keys=keys.labels,
        layers=tuple(range(1, weights_LHTS.shape[0] + 1)),
        heads=tuple(range(1, weights_LHTS.shape[1] + 1)),
        weights_LHTS=weights_LHTS,
    )
