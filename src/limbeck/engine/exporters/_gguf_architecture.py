"""How llama.cpp names, orders and describes the tensors of each architecture we export."""

from dataclasses import dataclass
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt

from limbeck.core.errors import LimbeckError
from limbeck.engine.exporters._checkpoint import Checkpoint

_KNOWN = {"llama": gguf.MODEL_ARCH.LLAMA, "qwen3": gguf.MODEL_ARCH.QWEN3, "gpt2": gguf.MODEL_ARCH.GPT2}


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufArchitecture:
    """One architecture, at the sizes of one checkpoint."""

    name: str
    num_heads: int
    num_kv_heads: int
    names: dict[str, str]

    def rename(self, name: str) -> str:
        """Return the GGUF name of a Hugging Face tensor."""
        return self.names[name]

    def row_order(self, name: str, num_rows: int) -> npt.NDArray[np.intp]:
        """Return the order of the output rows: Llama rotates neighbours where Hugging Face rotates halves."""
        rows_O = np.arange(num_rows)
        heads = {"q_proj": self.num_heads, "k_proj": self.num_kv_heads}.get(name.split(".")[-2])
        if self.name != "llama" or heads is None:
            return rows_O
        return rows_O.reshape(heads, 2, num_rows // heads // 2).swapaxes(1, 2).reshape(-1)

    def add_metadata(self, writer: gguf.GGUFWriter, config: dict[str, Any]) -> None:
        """Write the sizes of the network."""
        if self.name == "gpt2":
            _add_gpt2(writer, config)
        else:
            _add_llama(writer, config, head_size=_head_size(config), num_kv_heads=self.num_kv_heads)
        writer.add_file_type(gguf.LlamaFileType.ALL_F32)


def architecture_of(source: Checkpoint) -> GgufArchitecture:
    """Find how to export a checkpoint.

    Raises: LimbeckError: llama.cpp, or this exporter, does not know the architecture.
    """
    kind = source.config.get("model_type")
    where = str(source.folder / "config.json")
    if kind not in _KNOWN:
        fix = f"use one of {', '.join(sorted(_KNOWN))}, or the openvino engine"
        raise LimbeckError(f"cannot write a {kind!r} model as GGUF", where=where, fix=fix)
    rope = source.config.get("rope_parameters") or source.config.get("rope_scaling") or {}
    if rope.get("rope_type", "default") != "default":
        fix = "use the openvino engine"
        raise LimbeckError(f"cannot write rope type {rope['rope_type']!r} as GGUF", where=where, fix=fix)
    num_layers = int(source.config.get("num_hidden_layers") or source.config["n_layer"])
    num_heads = int(source.config.get("num_attention_heads") or source.config["n_head"])
    return GgufArchitecture(
        name=kind,
        num_heads=num_heads,
        num_kv_heads=int(source.config.get("num_key_value_heads") or num_heads),
        names=_names(source, kind, num_layers),
    )


def _names(source: Checkpoint, kind: str, num_layers: int) -> dict[str, str]:
    table = gguf.get_tensor_name_map(_KNOWN[kind], num_layers)
    names = {}
    for name in source.shapes:
        # a GPT-2 checkpoint may or may not carry this prefix; the table knows it without
        renamed = table.get_name(name.removeprefix("transformer."), try_suffixes=(".weight", ".bias"))
        if renamed is None:
            raise LimbeckError(f"GGUF has no place for tensor {name!r} of a {kind} model", where=str(source.folder))
        names[name] = renamed
    return names


def _head_size(config: dict[str, Any]) -> int:
    return int(config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"])


def _add_llama(writer: gguf.GGUFWriter, config: dict[str, Any], *, head_size: int, num_kv_heads: int) -> None:
    rope = config.get("rope_parameters") or {}
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(num_kv_heads)
    writer.add_key_length(head_size)
    writer.add_value_length(head_size)
    writer.add_rope_dimension_count(head_size)
    writer.add_rope_freq_base(float(rope.get("rope_theta") or config.get("rope_theta") or 10000.0))
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])


def _add_gpt2(writer: gguf.GGUFWriter, config: dict[str, Any]) -> None:
    writer.add_block_count(config["n_layer"])
    writer.add_context_length(config["n_positions"])
    writer.add_embedding_length(config["n_embd"])
    writer.add_feed_forward_length(config.get("n_inner") or 4 * config["n_embd"])
    writer.add_head_count(config["n_head"])
    writer.add_layer_norm_eps(config["layer_norm_epsilon"])
    writer.add_vocab_size(config["vocab_size"])
