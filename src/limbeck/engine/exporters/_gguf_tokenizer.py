"""Write a byte-level BPE tokenizer into a GGUF file, so that llama.cpp splits text exactly as it does."""

import json
from typing import Any

import gguf

from limbeck.core.errors import LimbeckError
from limbeck.engine.exporters._checkpoint import Checkpoint
from limbeck.model.chat_template import load

QWEN2_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_LLAMA3_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_NAMES = {QWEN2_SPLIT: "qwen2", _LLAMA3_SPLIT: "llama-bpe"}


def add_tokenizer(writer: gguf.GGUFWriter, source: Checkpoint) -> None:
    """Write vocabulary, merges, special tokens and chat template.

    Raises: LimbeckError: not a byte-level BPE, or one split in a way llama.cpp has no name for.
    """
    path = source.folder / "tokenizer.json"
    fields = json.loads(path.read_text(encoding="utf-8"))
    if fields["model"]["type"] != "BPE":
        raise LimbeckError(f"cannot write a {fields['model']['type']} tokenizer as GGUF, only BPE", where=str(path))
    _add_ends(writer, source.config)
    tokens, types = _vocabulary(fields, source.config["vocab_size"])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(_split_name(fields, where=str(path)))
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in fields["model"]["merges"]])
    if template := load(source.folder):
        writer.add_chat_template(template.source)


def _vocabulary(fields: dict[str, Any], vocab_size: int) -> tuple[list[str], list[int]]:
    tokens = [f"[unused {index}]" for index in range(vocab_size)]
    types = [int(gguf.TokenType.UNUSED)] * vocab_size
    for token, index in fields["model"]["vocab"].items():
        tokens[index], types[index] = token, int(gguf.TokenType.NORMAL)
    for added in fields["added_tokens"]:
        kind = gguf.TokenType.CONTROL if added["special"] else gguf.TokenType.USER_DEFINED
        tokens[added["id"]], types[added["id"]] = added["content"], int(kind)
    return tokens, types


def _split_name(fields: dict[str, Any], *, where: str) -> str:
    steps = fields["pre_tokenizer"] or {}
    steps = steps.get("pretokenizers", [steps])
    patterns = [step["pattern"].get("Regex") for step in steps if step["type"] == "Split"]
    byte_level = any(step["type"] == "ByteLevel" and not step["add_prefix_space"] for step in steps)
    if byte_level and not patterns:
        return "gpt-2"
    if byte_level and len(patterns) == 1 and patterns[0] in _NAMES:
        return _NAMES[patterns[0]]
    raise LimbeckError(
        f"llama.cpp has no name for this way to split text: {patterns or steps!r}",
        where=where,
        fix="use the openvino engine, or a byte-level tokenizer that splits as Qwen2, Llama 3 or GPT-2 do",
    )


def _add_ends(writer: gguf.GGUFWriter, config: dict[str, Any]) -> None:
    end = config.get("eos_token_id")
    end = end[0] if isinstance(end, list) else end
    start = config.get("bos_token_id")
    if end is not None:
        writer.add_eos_token_id(end)
    if (start if start is not None else end) is not None:
        # without one, llama.cpp assumes token 11
        writer.add_bos_token_id(start if start is not None else end)
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
