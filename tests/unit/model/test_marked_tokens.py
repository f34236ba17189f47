from pathlib import Path

import pytest
from tokenizers import Tokenizer

from limbeck.core.errors import LimbeckError
from limbeck.model.chat_template import ChatTemplate
from limbeck.model.chat_template import load as load_template
from limbeck.model.dialogue_format import ClosedTurns, DialogueFormat, Lines
from limbeck.model.marked_tokens import MarkedTokens, mark_answers, usable

END = 2
TALK = [
    {"role": "user", "content": "What is the capital of Chad?"},
    {"role": "assistant", "content": "N'Djamena."},
    {"role": "user", "content": "它的面积是多少？"},
    {"role": "assistant", "content": "一百万平方公里。"},
]


@pytest.fixture(scope="module")
def words(tiny_checkpoint: Path) -> Tokenizer:
    return Tokenizer.from_file(str(tiny_checkpoint / "tokenizer.json"))


@pytest.fixture(scope="module")
def template(tiny_checkpoint: Path) -> DialogueFormat:
    found = load_template(tiny_checkpoint)
    assert found is not None
    return found


def answers(row: MarkedTokens, words: Tokenizer) -> str:
    marked = [token for token, is_answer in zip(row.tokens, row.is_answer, strict=True) if is_answer]
    return words.decode(marked, skip_special_tokens=False)


def whole(row: MarkedTokens, words: Tokenizer) -> str:
    return words.decode(row.tokens, skip_special_tokens=False)


def test_a_template_that_appends_makes_one_row_of_a_talk(words: Tokenizer, template: DialogueFormat) -> None:
    (row,) = mark_answers(TALK, template, words, kind="causal", end_id=END)
    assert whole(row, words) == template.render(TALK, add_generation_prompt=False)
    assert answers(row, words) == "N'Djamena.<|end|>一百万平方公里。<|end|>"


def test_each_answer_follows_the_prompt_that_asks_for_it_in_use(words: Tokenizer, template: DialogueFormat) -> None:
    (row,) = mark_answers(TALK[:2], template, words, kind="causal", end_id=END)
    prompt = words.encode(template.render(TALK[:1]), add_special_tokens=False).ids
    assert list(row.tokens[: row.answer_start]) == prompt


def test_closed_turns_append_too(words: Tokenizer) -> None:
    (row,) = mark_answers(TALK, ClosedTurns("<|end|>"), words, kind="causal", end_id=END)
    assert whole(row, words) == "".join(message["content"] + "<|end|>" for message in TALK)
    assert answers(row, words) == "N'Djamena.<|end|>一百万平方公里。<|end|>"


def test_a_template_that_closes_nothing_is_closed_and_makes_a_row_of_each_answer(words: Tokenizer) -> None:
    """In a later turn there is no end token after an answer, so the rows cannot be one."""
    form = ChatTemplate(
        "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
        "{% if add_generation_prompt %}assistant: {% endif %}"
    )
    first, second = mark_answers(TALK, form, words, kind="causal", end_id=END)
    assert answers(first, words) == "N'Djamena.\n<|end|>"
    assert whole(second, words) == form.render(TALK, add_generation_prompt=False) + "<|end|>"


def test_a_template_that_rewrites_earlier_turns_makes_a_row_of_each_answer(words: Tokenizer) -> None:
    form = ChatTemplate(
        "{% for m in messages %}{{ m['role'] }}: {{ '(thinks)' if loop.last and m['role'] == 'assistant' }}"
        "{{ m['content'] }}<|end|>\n{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"
    )
    first, second = mark_answers(TALK, form, words, kind="causal", end_id=END)
    assert answers(first, words) == "(thinks)N'Djamena.<|end|>"
    assert "(thinks)N'Djamena" not in whole(second, words)
    assert answers(second, words) == "(thinks)一百万平方公里。<|end|>"


def test_a_template_that_belies_its_own_prompt_is_refused(words: Tokenizer) -> None:
    form = ChatTemplate(
        "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}<|end|>\n{% endfor %}"
        "{% if add_generation_prompt %}BOT> {% endif %}"
    )
    with pytest.raises(LimbeckError, match="BOT> ") as raised:
        mark_answers(TALK, form, words, kind="causal", end_id=END)
    assert raised.value.where == "message 2"
    assert "chat template" in str(raised.value.fix)


def test_an_encoder_reads_the_history_and_the_decoder_writes_the_answer(words: Tokenizer) -> None:
    first, second = mark_answers(TALK, Lines(), words, kind="seq2seq", end_id=END)
    assert whole(first, words) == "What is the capital of Chad?N'Djamena.<|end|>"
    assert answers(first, words) == "N'Djamena.<|end|>"
    read = words.decode(second.tokens[: second.answer_start], skip_special_tokens=False)
    assert read == "user: What is the capital of Chad?\nassistant: N'Djamena.\nuser: 它的面积是多少？\nassistant:"
    assert answers(second, words) == "一百万平方公里。<|end|>"


def test_a_talk_without_an_answer_makes_no_row(words: Tokenizer, template: DialogueFormat) -> None:
    assert mark_answers(TALK[:1], template, words, kind="causal", end_id=END) == []
    assert mark_answers([], template, words, kind="causal", end_id=END) == []


def test_what_cannot_be_learnt_from_is_counted() -> None:
    good = MarkedTokens([5, 6, 7], [False, True, True])
    silent = MarkedTokens([5, 6, 7], [False, False, False])
    sudden = MarkedTokens([5, 6], [True, True])
    long = MarkedTokens([5] * 9, [False] + [True] * 8)
    kept, left_out = usable([good, silent, long, sudden, silent], width=8)
    assert kept == [good]
    assert left_out == {
        "the assistant writes nothing in it": 2,
        "longer than 8 tokens": 1,
        "nothing comes before its answer": 1,
    }
