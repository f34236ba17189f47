"""The whole intake: nothing is dropped without being counted, too many bad rows stop it, same in, same out."""

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

from limbeck.core.errors import LimbeckError
from limbeck.corpus.intake import Intake, IntakeOptions, take_in
from limbeck.corpus.layouts.mapping import FieldMapping
from limbeck.corpus.record_file import write_records
from limbeck.corpus.unusable import BadRow
from limbeck.corpus.waterfall import Drop, FileIn, Waterfall

GOLDEN = Path(__file__).parents[2] / "golden" / "waterfall.json"
SAYS = {"en": ("What floats on the lake number {}?", "A boat."), "zh": ("第{}个湖上漂着什么？", "一只小船。")}


def chat(*turns: str, first: str = "user") -> dict[str, Any]:
    roles = ("user", "assistant") if first == "user" else ("assistant", "user")
    return {"messages": [{"role": roles[n % 2], "content": said} for n, said in enumerate(turns)]}


def good(count: int, language: str = "en", start: int = 0) -> list[dict[str, Any]]:
    asked, answer = SAYS[language]
    return [chat(asked.format(n), answer) for n in range(start, start + count)]


def jsonl(path: Path, rows: list[Any]) -> Path:
    lines = (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def mixture(folder: Path) -> tuple[list[Path], IntakeOptions]:
    """Write small files in which every reason to drop a row occurs."""
    long = "the boat goes over the wide grey lake towards the far shore before the sun comes up again"
    rows = good(30) + good(30, "zh")
    rows[4] = chat("Only asked")
    rows[9] = '{"messages": [broken'
    rows[14] = chat("问了两遍", "", first="user")
    rows += [
        rows[0],
        chat("what floats on the Lake number 1", "a boat"),
        chat("Le lac est-il grand et profond ?", "Oui."),
    ]
    rows += [chat(f"Repeat after me: {long}", "ok"), chat("Mail me at ann@example.org", "Noted.")]
    chats = jsonl(folder / "chats.jsonl", rows)
    table = folder / "faq.csv"
    lines = [f"第{n}号船在哪里？,在第{n}个码头" for n in range(21)]
    table.write_bytes("\n".join(["问题,答案", *lines, "多了一格,是,的", "短,答"]).encode("gb18030"))
    notes = folder / "notes.txt"
    notes.write_text("The lake is grey.\u200b\n\n湖水很深，冬天会结冰。\n", encoding="utf-8")
    held_out = jsonl(folder / "test.jsonl", [chat(f"Say: {long}", "ok")])
    options = IntakeOptions(
        languages=("en", "zh"),
        min_characters=4,
        max_characters=400,
        mask_pii=True,
        eval_share=0.1,
        held_out=(held_out,),
    )
    return [chats, table, notes], options


def adds_up(intake: Intake) -> bool:
    waterfall = intake.waterfall
    kept = (len(intake.train), len(intake.evaluation))
    return (waterfall.train, waterfall.evaluation) == kept and waterfall.rows == waterfall.dropped + sum(kept)


def test_the_waterfall_equals_the_golden_file(tmp_path: Path) -> None:
    paths, options = mixture(tmp_path)
    intake = take_in(paths, options)
    assert adds_up(intake)
    written = intake.waterfall.with_tokens(1234).to_json()
    if os.environ.get("LIMBECK_UPDATE_GOLDEN") == "1":
        GOLDEN.write_text(json.dumps(written, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert written == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_the_same_files_give_the_same_records_wherever_they_lie(tmp_path: Path) -> None:
    taken = []
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        paths, options = mixture(tmp_path / name)
        taken.append(take_in(paths, options))
    assert taken[0] == taken[1]


@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_dropped_without_being_counted(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    language = rng.choice(["en", "zh"])
    pool = [*good(5, language), chat("一二三四五六七八", "九"), chat("one two three", "four"), chat("x", "y")]
    rows = good(60, language, start=100) + rng.choices(pool, k=rng.randrange(30))
    bad = [chat("end"), "{broken", chat("a", "", "b", "c"), {"text": "other"}, chat("好", "的", first="assistant")]
    rows += rng.choices(bad, k=rng.randrange(4))
    rng.shuffle(rows)
    texts = tmp_path / "t.txt"
    texts.write_text("\n\n".join(rng.choices(["One.", "二。", "Three three three."], k=rng.randrange(1, 9))))
    options = IntakeOptions(
        near_duplicates=rng.choice([None, 0.5, 0.9]),
        min_characters=rng.choice([0, 3, 6]),
        max_characters=rng.choice([None, 20, 40]),
        eval_share=rng.choice([0.0, 0.1, 0.5]),
        held_out=rng.choice([(), (jsonl(tmp_path / "held.jsonl", good(3, language, start=110)),)]),
        seed=seed,
    )
    intake = take_in([jsonl(tmp_path / "c.jsonl", rows), texts], options)
    assert adds_up(intake)
    assert intake.waterfall.rows == len(rows) + intake.waterfall.files[1].rows
    places = [record.where for record in (*intake.train, *intake.evaluation)]
    assert len(set(places)) == len(places)


BAD = {
    "ends with the user": chat("And now?"),
    "begins with the assistant": chat("Hello.", "你好", first="assistant"),
    "empty assistant turn": chat("在吗？", ""),
    "roles do not alternate": {"messages": [{"role": "user", "content": "x"}, {"role": "user", "content": "y"}]},
    "unknown role": {"messages": [{"role": "工具", "content": "x"}]},
    "missing field": {"id": 3},
    "another layout": {"instruction": "翻译", "output": "done"},
    "broken JSON": '{"messages": [',
    "broken characters": chat("锟斤拷", "ok"),
}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("reason", BAD)
def test_up_to_five_in_a_hundred_bad_rows_are_counted_and_more_stop_it(
    tmp_path: Path, reason: str, language: str
) -> None:
    few = jsonl(tmp_path / "few.jsonl", [BAD[reason], *good(19, language)])
    intake = take_in([few])
    assert [(drop.reason, drop.count) for drop in intake.waterfall.drops] == [(reason, 1)]
    assert intake.waterfall.drops[0].examples[0].where == "few.jsonl:1"
    assert adds_up(intake)
    many = jsonl(
        tmp_path / "many.jsonl", [*good(19, language), BAD[reason], *good(1, language, 90), *[BAD[reason]] * 3]
    )
    with pytest.raises(LimbeckError) as caught:
        take_in([many])
    assert caught.value.what == f"4 of 24 rows of many.jsonl cannot be used (4 {reason}); at most 5% may be so"
    assert [line.split(": ")[0].strip() for line in str(caught.value.where).splitlines()] == [
        "many.jsonl:20",
        "many.jsonl:22",
        "many.jsonl:23",
    ]
    assert caught.value.fix


def test_a_ragged_table_stops_with_its_first_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("question,answer\n" + "谁？,我, 你\n" * 2 + "Who?,I\n", encoding="utf-8")
    with pytest.raises(LimbeckError, match=r"2 of 3 rows of a\.csv cannot be used") as caught:
        take_in([tmp_path / "a.csv"])
    assert "a.csv:2: 3 cells where the header has 2\n" in str(caught.value.where)


@pytest.mark.parametrize("text", ["Fine.", "好的。"])
def test_no_record_left_says_where_they_went(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    with pytest.raises(LimbeckError, match="no record is left to train on: 1 rows in, 1 dropped") as caught:
        take_in([tmp_path / "a.txt"], IntakeOptions(min_characters=100))
    assert str(caught.value.where) == f"1 shorter than 100 characters, such as a.txt:1: {len(text)} characters"
    with pytest.raises(LimbeckError, match="no file to read"):
        take_in([])


def test_a_held_out_file_that_is_trained_on_is_told(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", good(2))
    with pytest.raises(LimbeckError, match="is named twice"):
        take_in([path], IntakeOptions(held_out=(path,)))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"min_characters": 9, "max_characters": 3}, "no text has from 9 to 3 characters"),
        ({"min_characters": -1}, "no text has"),
        ({"near_duplicates": 0.0}, "a similarity is above 0"),
        ({"near_duplicates": 1.5}, "a similarity is above 0"),
        ({"eval_share": 1.0}, "eval_share is 1.0"),
    ],
)
def test_options_out_of_range_are_told(options: dict[str, Any], told: str) -> None:
    with pytest.raises(LimbeckError, match=told):
        IntakeOptions(**options)


def test_fields_that_were_named_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("编号,标题,正文,备注\n1,湖,湖水很深,无\n2,船,船在岸边,无\n", encoding="utf-8")
    intake = take_in([path], IntakeOptions(fields=FieldMapping(prompt="标题", completion="正文")))
    assert [message.content for message in intake.train[0].messages] == ["湖", "湖水很深"]
    assert intake.waterfall.files[0].format == "CSV: pairs (标题 → 正文)"


def test_what_is_written_is_read_again_as_the_same(tmp_path: Path) -> None:
    paths, options = mixture(tmp_path)
    first = take_in(paths, options)
    dialogues = [record for record in first.train if record.kind == "dialogue"]
    write_records(tmp_path / "out.jsonl", dialogues)
    again = take_in([tmp_path / "out.jsonl"])
    assert [record.messages for record in again.train] == [record.messages for record in dialogues]
    assert not again.waterfall.drops


def waterfall() -> Waterfall:
    files = (FileIn(name="a", format="JSONL", encoding="utf-8", rows=10),)
    drops = (Drop(reason="repeated", count=2, examples=(BadRow(where="a:1", what=""),)),)
    return Waterfall(files=files, drops=drops, train=6, evaluation=2)


def test_a_later_step_adds_its_reasons_and_the_tokens() -> None:
    before = waterfall()
    rows = [BadRow(where=f"a:{n}", what="only a prompt") for n in range(4)]
    after = before.with_drop("all prompt", rows).with_drop("all prompt", rows[:1], side="evaluation").with_tokens(99)
    assert before == waterfall()
    assert (after.train, after.evaluation, after.dropped, after.rows) == (2, 1, 7, 10)
    assert (after.drops[1].count, len(after.drops[1].examples)) == (5, 3)
    assert after.to_json()["tokens_trained"] == 99
    assert after.with_drop("nothing", []) == after
    with pytest.raises(ValueError, match="10 rows in"):
        after.with_drop("too long", rows)


def test_a_waterfall_that_does_not_add_up_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="10 rows in, but 2 dropped and 7 kept"):
        Waterfall(files=waterfall().files, drops=waterfall().drops, train=7)
