"""The thin wrapper around a tokenizer file."""

import json

import pytest

from limbeck.core.errors import LimbeckError
from limbeck.model.text_tokenizer import load


def test_text_survives_the_round_trip(tiny_checkpoint):
    tokenizer = load(tiny_checkpoint)
    for text in ("N'Djamena", "恩贾梅纳。", "🇹🇩 \n\n x", "<|user|>⟦16⟧<|end|>"):
        assert tokenizer.decode(tokenizer.encode(text)) == text
    assert len(tokenizer.encode("⟦16⟧")) == 1
    assert max(tokenizer.encode("乍得 x")) < tokenizer.vocab_size


def test_stops_where_the_generation_config_says(broken_checkpoint):
    path = broken_checkpoint / "generation_config.json"
    path.write_text(json.dumps({"eos_token_id": [5, 2]}), encoding="utf-8")
    assert load(broken_checkpoint).stop_ids == (5, 2)
    path.unlink()
    assert load(broken_checkpoint).stop_ids == (2,), "the token named in tokenizer_config.json"
    (broken_checkpoint / "tokenizer_config.json").unlink()
    assert load(broken_checkpoint).stop_ids == (2,), "the id in config.json"


@pytest.mark.parametrize("content", ["", "{", "{}", None])
def test_a_damaged_tokenizer_is_named(content, broken_checkpoint):
    path = broken_checkpoint / "tokenizer.json"
    path.unlink() if content is None else path.write_text(content, encoding="utf-8")
    with pytest.raises(LimbeckError, match=r"tokenizer\.json"):
        load(broken_checkpoint)


def test_a_damaged_configuration_is_named(broken_checkpoint):
    (broken_checkpoint / "generation_config.json").write_text("{", encoding="utf-8")
    with pytest.raises(LimbeckError, match=r"generation_config\.json"):
        load(broken_checkpoint)
