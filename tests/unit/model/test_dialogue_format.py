import pytest

from limbeck.core.errors import LimbeckError
from limbeck.model.dialogue_format import choose_format

MESSAGES = [
    {"role": "user", "content": "Hello."},
    {"role": "assistant", "content": "Hi!"},
    {"role": "user", "content": "你好吗？"},
]
END = {"eos_token": "<|endoftext|>"}


def test_a_gpt2_without_a_template_closes_every_turn() -> None:
    form = choose_format(None, END, model_type="gpt2", where="DialoGPT")
    assert form.render(MESSAGES) == "Hello.<|endoftext|>Hi!<|endoftext|>你好吗？<|endoftext|>"


def test_the_template_that_dialogpt_has_on_the_hub_says_the_same() -> None:
    template = "{% for message in messages %}{{ message.content }}{{ eos_token }}{% endfor %}"
    form = choose_format(template, END, model_type="gpt2", where="DialoGPT")
    assert form.render(MESSAGES) == choose_format(None, END, model_type="gpt2", where="x").render(MESSAGES)


def test_a_template_is_used_where_there_is_one() -> None:
    template = "{% for m in messages %}[{{ m['role'] }}] {{ m['content'] }}\n{% endfor %}[assistant]"
    form = choose_format(template, {}, model_type="llama", where="x")
    assert form.render(MESSAGES[:1]) == "[user] Hello.\n[assistant]"


@pytest.mark.parametrize(("model_type", "special"), [("llama", END), ("gpt2", {})])
def test_anything_else_was_not_made_for_dialogue(model_type: str, special: dict[str, str]) -> None:
    with pytest.raises(LimbeckError, match="has no chat template") as raised:
        choose_format(None, special, model_type=model_type, where="base")
    assert "chat_template.jinja" in str(raised.value.fix)


def test_an_encoder_decoder_reads_an_instruction_as_it_is_and_a_history_line_by_line() -> None:
    form = choose_format(None, END, model_type="t5", where="x", reads_apart=True)
    assert form.render([{"role": "user", "content": "法国的首都是？"}]) == "法国的首都是？"
    several = [
        {"role": "user", "content": "Hello."},
        {"role": "assistant", "content": "Yes?"},
        {"role": "user", "content": "Bye."},
    ]
    assert form.render(several) == "user: Hello.\nassistant: Yes?\nuser: Bye.\nassistant:"
    assert form.render(several[:2], add_generation_prompt=False) == "user: Hello.\nassistant: Yes?"
    template = choose_format("{{ messages[0]['content'] }}!", END, model_type="t5", where="x", reads_apart=True)
    assert template.render(several) == "Hello.!"
