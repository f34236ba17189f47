"""Prompts out of text: the same for the same files, varied in length, honest about what they are from."""

import json

import pytest

from limbeck.compression.calibration_text import BUILT_IN, calibrate_on_built_in, calibrate_on_files
from limbeck.core.errors import LimbeckError
from limbeck.model.text_tokenizer import load

SENTENCE = "The capital of Chad is N'Djamena, and its currency is the franc. "


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("\n\n".join(f"{n}. {SENTENCE * 4}" for n in range(60)), encoding="utf-8")
    return path


def test_prompts_are_pieces_of_the_text_and_the_same_again(tiny_checkpoint, text):
    found = calibrate_on_files([text], tiny_checkpoint, context_tokens=None)
    assert found == calibrate_on_files([text], tiny_checkpoint, context_tokens=None)
    assert found.source == "text.txt"
    assert found.num_texts == 60
    assert not found.notes
    assert len(found.prompts) >= 90
    lengths = {len(prompt) for prompt in found.prompts}
    assert min(lengths) >= 8
    assert max(lengths) <= 128
    assert len(lengths) > 20
    whole = text.read_text(encoding="utf-8")
    assert all(load(tiny_checkpoint).decode(prompt) in whole for prompt in found.prompts[:10])


def test_no_prompt_is_longer_than_the_model_reads(tiny_checkpoint, text):
    found = calibrate_on_files([text], tiny_checkpoint, context_tokens=20)
    assert max(len(prompt) for prompt in found.prompts) <= 20


def test_short_lines_are_read_together(tiny_checkpoint, tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("\n".join(f"word {n}" for n in range(200)), encoding="utf-8")
    found = calibrate_on_files([path], tiny_checkpoint, context_tokens=None)
    assert len(found.prompts) > 40


def test_little_text_is_cut_in_many_places(tiny_checkpoint, tmp_path):
    path = tmp_path / "little.txt"
    path.write_text(SENTENCE * 3, encoding="utf-8")
    found = calibrate_on_files([path], tiny_checkpoint, context_tokens=None)
    assert 10 < len(found.prompts) == len(set(found.prompts))
    assert not found.learning
    assert "little.txt is too little to learn rounding from" in found.notes[0]


def test_what_is_learnt_from_is_not_judged_on(tiny_checkpoint, tmp_path):
    path = tmp_path / "long.txt"
    paragraphs = (" ".join(str(7**n % 99991) for n in range(first, first + 60)) for first in range(0, 3600, 60))
    path.write_text("\n\n".join(paragraphs), encoding="utf-8")
    found = calibrate_on_files([path], tiny_checkpoint, context_tokens=None)
    assert len(found.learning) > len(found.prompts) / 2
    assert not {window[:8] for window in found.learning} & {prompt[:8] for prompt in found.prompts}


def test_dialogues_are_written_as_the_model_reads_them(tiny_checkpoint, tmp_path):
    rows = [
        {"messages": [{"role": "user", "content": f"What is {n}?"}, {"role": "assistant", "content": SENTENCE}]}
        for n in range(50)
    ]
    path = tmp_path / "talks.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    found = calibrate_on_files([path], tiny_checkpoint, context_tokens=None)
    assert load(tiny_checkpoint).decode(found.prompts[0]).startswith("<|user|>\nWhat is 0?<|end|>")


def test_too_little_text_is_refused(tiny_checkpoint, tmp_path):
    path = tmp_path / "short.txt"
    path.write_text("a b c", encoding="utf-8")
    with pytest.raises(LimbeckError, match="too little text to calibrate on") as caught:
        calibrate_on_files([path], tiny_checkpoint, context_tokens=None)
    assert "short.txt" in str(caught.value.where)


def test_the_built_in_text_is_of_two_languages_and_without_comments(tiny_checkpoint):
    found = calibrate_on_built_in(tiny_checkpoint, context_tokens=None)
    assert found.source == BUILT_IN
    said = "".join(load(tiny_checkpoint).decode(prompt) for prompt in found.prompts)
    assert "会员" in said or "价格" in said
    assert "membership" in said.lower() or "price" in said.lower()
    assert "<!--" not in said


@pytest.mark.parametrize(("text", "is_told"), [("Η Αθήνα είναι η πρωτεύουσα. ", True), ("首都是东京。" * 3, False)])
def test_writing_that_falls_into_bytes_is_told(tiny_checkpoint, tmp_path, text, is_told):
    path = tmp_path / "foreign.txt"
    path.write_text("\n\n".join(f"{text * 12}{n}" for n in range(40)), encoding="utf-8")
    notes = calibrate_on_files([path], tiny_checkpoint, context_tokens=None).notes
    assert bool(notes) == is_told
    if is_told:
        assert "into single bytes" in notes[0]
