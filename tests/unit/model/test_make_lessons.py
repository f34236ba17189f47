"""Records to lessons: which objective, how wide, what is left out and why, and that nothing is lost on disk."""

from pathlib import Path

import numpy as np
import pytest

from limbeck.core.errors import LimbeckError, UsageError
from limbeck.corpus.record import Message, Record, dialogue_record, text_record
from limbeck.corpus.record_lines import load_lines, save_lines
from limbeck.model.base_model import Base, find_base, read_base
from limbeck.model.lessons import Lessons, check_lessons, load_lessons
from limbeck.model.make_lessons import choose_objective, make_lessons

TEXTS = [text_record(f"The capital of Chad 乍得的首都 {n}", f"a.txt:{n}") for n in range(40)]


def talk(number: int, *turns: str) -> Record:
    roles = ("user", "assistant")
    messages = tuple(Message(role=roles[place % 2], content=turn) for place, turn in enumerate(turns))
    return dialogue_record(messages, f"b.jsonl:{number}")


TALKS = [talk(n, f"首都 {n}?", f"Tokyo {n}", "and?", "日元") for n in range(40)]


@pytest.fixture(scope="module")
def base(tiny_checkpoint: Path) -> Base:
    return read_base(tiny_checkpoint)


def made(base: Base, records: list[Record], length: int | None = None) -> Lessons:
    objective, _ = choose_objective(None, base, records)
    return make_lessons(records, records[:4], base, objective, length)


def test_a_model_s_name_is_told_apart(tiny_checkpoint: Path) -> None:
    assert find_base("tiny").place == "preset"
    shaped = find_base("tiny-t5").preset
    assert shaped is not None
    assert shaped.family == "t5"
    assert find_base(str(tiny_checkpoint)).place == "folder"
    assert find_base("owner/model").place == "hub"
    with pytest.raises(LimbeckError, match="there is no 'tinny'") as raised:
        find_base("tinny")
    assert "a preset (tiny" in (raised.value.fix or "")


def test_the_data_says_what_to_learn(base: Base) -> None:
    assert choose_objective(None, base, TEXTS)[0] == "causal"
    assert choose_objective(None, base, TALKS)[0] == "dialogue"
    assert choose_objective("causal", base, TALKS) == ("causal", "as asked")
    with pytest.raises(UsageError, match="cannot learn by --objective span"):
        choose_objective("span", base, TEXTS)


def test_texts_become_a_stream_that_ends_each(base: Base) -> None:
    lessons = made(base, TEXTS)
    assert isinstance(lessons.train, np.ndarray)
    assert int((lessons.train == base.end_id).sum()) == 40
    assert lessons.width == 64
    assert made(base, TEXTS * 8).width == 256
    assert lessons.held_out_bytes == sum(len(record.text.encode()) + 1 for record in TEXTS[:4])
    assert lessons.num_tokens == len(lessons.train)


def test_only_what_the_assistant_says_is_learnt(base: Base) -> None:
    lessons = made(base, TALKS)
    assert not isinstance(lessons.train, np.ndarray)
    assert len(lessons.train) == 40
    row = lessons.train[3]
    learnt = [token for token, is_answer in zip(row.tokens, row.is_answer, strict=True) if is_answer]
    assert base.words.decode(learnt, skip_special_tokens=True) == "Tokyo 3日元"
    assert lessons.num_tokens == sum(map(sum, (row.is_answer for row in lessons.train))) < lessons.tokens_per_epoch
    assert lessons.width % 32 == 0
    assert lessons.held_out_bytes == sum(len(f"Tokyo {n}日元".encode()) + 1 for n in range(4))


def test_what_teaches_nothing_is_left_out_with_its_place(base: Base) -> None:
    records = [*TALKS, TEXTS[0], talk(99, "and?")]
    lessons = made(base, records)
    assert {reason: [row.where for row in rows] for reason, rows in lessons.left_out.items()} == {
        "a text, not a dialogue": ["a.txt:0"],
        "all prompt": ["b.jsonl:99"],
    }
    check_lessons(lessons, num_records=len(records))
    with pytest.raises(LimbeckError, match=r"3 of 3 rows|no token to learn from in 3 rows") as raised:
        check_lessons(made(base, [talk(1, "a"), talk(2, "b"), talk(3, "c")]), num_records=3)
    assert "b.jsonl:1" in (raised.value.where or "")


def test_over_five_percent_stops_with_the_first_rows(base: Base) -> None:
    records = [*TALKS, *(talk(100 + n, f"no answer {n}") for n in range(4))]
    with pytest.raises(LimbeckError, match=r"4 of 44 rows \(9%\) cannot be learnt from") as raised:
        check_lessons(made(base, records), num_records=len(records))
    assert (raised.value.where or "").count("b.jsonl:10") == 3
    with pytest.raises(LimbeckError, match="no token to learn from") as raised:
        check_lessons(made(base, TALKS, length=4), num_records=40)
    assert raised.value.fix == "give a larger --length, or split the long rows"


@pytest.mark.parametrize("records", [TEXTS, TALKS], ids=["texts", "talks"])
def test_lessons_and_records_come_back_from_disk(base: Base, records: list[Record], tmp_path: Path) -> None:
    save_lines(tmp_path / "records.jsonl", records)
    assert load_lines(tmp_path / "records.jsonl") == records
    lessons = made(base, [*records, talk(9, "x")])
    lessons.save(tmp_path)
    first = (tmp_path / "lessons.npz").read_bytes()
    back = load_lessons(tmp_path)
    assert back.left_out == {reason: tuple(rows) for reason, rows in lessons.left_out.items()}
    for one, other in ((lessons.train, back.train), (lessons.held_out, back.held_out)):
        if isinstance(one, np.ndarray):
            np.testing.assert_array_equal(one, other)
        else:
            assert [(list(row.tokens), list(row.is_answer)) for row in one] == [
                (list(row.tokens), list(row.is_answer)) for row in other
            ]
    back.save(tmp_path)
    assert (tmp_path / "lessons.npz").read_bytes() == first
