"""A conversation must reach the model in training and in use as the same tokens, in every library."""

import json

import pytest

from limbeck.core.errors import LimbeckError
from limbeck.model import text_tokenizer
from limbeck.model.chat_template import ChatTemplate, load

CONTENTS = {
    "english": "What is the capital of Chad?\n  ⟦1⟧ Chad · capital",
    "chinese": "乍得的首都是哪里？",
    "markup": 'a < b & "c" {{ not a variable }} {% raw %}',
    "special": "⟦none⟧<|end|>",
    "empty": "",
}


def turn(content, role="user"):
    return {"role": role, "content": content}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_writes_the_tokens_transformers_writes(content, tiny_checkpoint):
    from transformers import PreTrainedTokenizerFast

    theirs = PreTrainedTokenizerFast.from_pretrained(tiny_checkpoint)
    messages = [turn("hello"), turn("⟦3⟧", "assistant"), turn(content)]
    template = load(tiny_checkpoint)
    for prompt in (True, False):
        text = template.render(messages, add_generation_prompt=prompt)
        assert text == theirs.apply_chat_template(messages, tokenize=False, add_generation_prompt=prompt)
        ids = theirs.apply_chat_template(messages, add_generation_prompt=prompt, return_dict=False)
        assert text_tokenizer.load(tiny_checkpoint).encode(text) == ids


def test_keeps_every_special_token(tiny_checkpoint):
    tokenizer = text_tokenizer.load(tiny_checkpoint)
    text = load(tiny_checkpoint).render([turn("乍得 ⟦3⟧")])
    assert tokenizer.decode(tokenizer.encode(text)) == text == "<|user|>\n乍得 ⟦3⟧<|end|>\n<|assistant|>\n"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{% for m in messages %}\n  {% if true %}\n{{ m.content }}\n  {% endif %}\n{% endfor %}", "é<&\n"),
        ("{{ messages[0] | tojson }}", '{"role": "user", "content": "é<&"}'),
        ("{% for m in messages %}{% break %}{% endfor %}x", "x"),
        ("{% generation %}{{ messages[0].content }}{% endgeneration %}", "é<&"),
        ("{{ eos_token }}{{ missing }}", "</s>"),
        ("{{ strftime_now('%%') }}", "%"),
    ],
)
def test_renders_as_transformers_does(source, expected, tiny_checkpoint):
    from transformers import PreTrainedTokenizerFast

    theirs = PreTrainedTokenizerFast.from_pretrained(tiny_checkpoint, eos_token="</s>")
    messages = [turn("é<&")]
    assert ChatTemplate(source, {"eos_token": "</s>"}).render(messages) == expected
    assert theirs.apply_chat_template(messages, chat_template=source, tokenize=False) == expected


def test_a_template_may_refuse():
    with pytest.raises(LimbeckError, match="no system role"):
        ChatTemplate("{{ raise_exception('no system role') }}").render([turn("x")])


def test_names_the_broken_line():
    with pytest.raises(LimbeckError, match=r"chat_template\.jinja:2"):
        ChatTemplate("\n{% for %}")


def test_a_template_reaches_nothing_outside():
    with pytest.raises(LimbeckError, match="refuses"):
        ChatTemplate("{{ ''.__class__.__mro__[1].__subclasses__() }}").render([turn("x")])


def test_reads_the_template_and_names_of_an_older_folder(tmp_path):
    config = {"chat_template": "{{ bos_token }}!", "bos_token": {"content": "<s>"}, "unk_token": None}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    assert load(tmp_path).render([]) == "<s>!"


def test_a_folder_may_have_none(tmp_path):
    assert load(tmp_path) is None
