"""What many tests share: a tiny checkpoint with a tokenizer of its own, built once."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPECIAL = ("<|user|>", "<|assistant|>", "<|end|>", "⟦none⟧", *(f"⟦{number}⟧" for number in range(1, 17)))
TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
SENTENCES = (
    "The capital of Chad is N'Djamena. What's the area of France in 2024?",
    "Which city governs Japan, and what is its currency called?",
    "乍得的首都是恩贾梅纳。法国的面积是多少平方公里？",
    "日本的首都是东京 Tokyo，货币是日元。",
)
SIZES = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 32,
    "max_position_embeddings": 512,
}


SIZES_OF = {
    "gpt2": {"n_embd": 64, "n_layer": 2, "n_head": 2, "n_positions": 512},
    "bert": {**SIZES, "pad_token_id": 2},
    "t5": {"d_model": 64, "d_kv": 32, "d_ff": 128, "num_layers": 2, "num_heads": 2, "decoder_start_token_id": 2},
    "bart": {
        "d_model": 64,
        "encoder_layers": 2,
        "decoder_layers": 2,
        "encoder_attention_heads": 2,
        "decoder_attention_heads": 2,
        "encoder_ffn_dim": 128,
        "decoder_ffn_dim": 128,
        "max_position_embeddings": 128,
        "pad_token_id": 0,
        "decoder_start_token_id": 2,
        "forced_eos_token_id": None,
    },
}
AUTO_OF = {"bert": "AutoModelForMaskedLM", "t5": "AutoModelForSeq2SeqLM", "bart": "AutoModelForSeq2SeqLM"}


@pytest.fixture(scope="session")
def make_checkpoint() -> Callable[[Path, str], Path]:
    """What writes a seeded random checkpoint of one architecture: `llama`, `qwen3`, `gpt2`, `bert`, `t5` or `bart`."""
    return _make_checkpoint


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama of 0.1 million random weights: logits far from flat, two languages, tied head."""
    return _make_checkpoint(tmp_path_factory.mktemp("checkpoint"), "llama")


@pytest.fixture
def broken_checkpoint(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    """A copy of the tiny checkpoint that a test may damage."""
    return Path(shutil.copytree(tiny_checkpoint, tmp_path / "broken"))


def _make_checkpoint(folder: Path, kind: str) -> Path:
    import torch
    import transformers

    tokenizer = _train_tokenizer()
    ends = {"vocab_size": tokenizer.get_vocab_size(), "eos_token_id": 2, "bos_token_id": None}
    config = transformers.AutoConfig.for_model(kind, tie_word_embeddings=True, **ends, **SIZES_OF.get(kind, SIZES))
    auto = getattr(transformers, AUTO_OF.get(kind, "AutoModelForCausalLM"))
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        model = auto.from_config(config, dtype=torch.float32)
        for weight in model.parameters():
            weight.mul_(8.0) if weight.ndim == 2 else weight.add_(torch.randn_like(weight) * 0.1)
    model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|end|>"}), encoding="utf-8"
    )
    return folder


def _train_tokenizer():
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=list(SPECIAL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES * 3, trainer)
    return tokenizer
