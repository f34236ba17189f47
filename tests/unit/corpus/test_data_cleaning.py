"""Each cleaning step, in English and in Chinese, and what it must leave alone."""

import subprocess
import sys

import pytest

from limbeck.core.errors import LimbeckError
from limbeck.corpus.cleaning.characters import clean_record, clean_text
from limbeck.corpus.cleaning.duplicates import drop_near_duplicates, drop_repeated, similarity
from limbeck.corpus.cleaning.identify import UNCERTAIN, keep_languages, language_code
from limbeck.corpus.cleaning.leaks import drop_leaks
from limbeck.corpus.cleaning.personal import mask, mask_records
from limbeck.corpus.cleaning.split import split_off
from limbeck.corpus.record import Message, Record, dialogue_record, text_record
from limbeck.corpus.unusable import Unusable

ENGLISH = (
    "The ferry leaves the northern harbour every morning at seven and returns before the lamps are lit, "
    "carrying letters, fruit and the few people who still live on the far side of the bay, where the road ends."
)
CHINESE = (
    "渡船每天早晨从北边的港口出发，在点灯之前回来，船上载着信件、水果和仍然住在海湾那一边的几个人，"
    "那里是公路的尽头，再往前只有一条小路通向灯塔，守塔的老人每个星期都要下来取一次面包和报纸。"
)


def texts(*given: str) -> list[Record]:
    return [text_record(text, f"f:{number}") for number, text in enumerate(given, start=1)]


def dialogue(asked: str, answer: str, where: str = "f:1") -> Record:
    return dialogue_record((Message(role="user", content=asked), Message(role="assistant", content=answer)), where)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("cafe\u0301", "café"),
        ("a\x00b\x07c", "abc"),
        ("零\u200b宽\ufeff度", "零宽度"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("\n\n  indented\ttab  \n", "  indented\ttab"),
        ("全角，保留１", "全角，保留１"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("half \ud83d", "half"),
    ],
)
def test_characters_come_in_one_form(text: str, clean: str) -> None:
    assert clean_text(text) == clean
    assert clean_text(clean) == clean


@pytest.mark.parametrize("text", ["lost \ufffd here", "读作锟斤拷了"])
def test_broken_characters_make_a_record_unusable(text: str) -> None:
    for record in (text_record(text, "f:1"), dialogue("q", text)):
        with pytest.raises(Unusable, match="broken characters"):
            clean_record(record)


def test_nothing_but_control_characters_is_unusable() -> None:
    with pytest.raises(Unusable, match="empty text"):
        clean_record(text_record("\x01\u200b", "f:1"))


def test_the_first_of_repeated_records_stays() -> None:
    kept, dropped = drop_repeated(texts("one  two", "一二", "one two", "一二 ", "one-two", "One two"))
    assert [record.where for record in kept] == ["f:1", "f:2", "f:5", "f:6"]
    assert [str(row) for row in dropped] == ["f:3: the same as f:1", "f:4: the same as f:2"]
    swapped = [dialogue("a", "b"), dialogue("b", "a", "f:2"), dialogue("a", "b", "f:3")]
    assert [row.where for row in drop_repeated(swapped)[1]] == ["f:3"]


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        (ENGLISH, ENGLISH.replace("few people", "few folk").upper(), ENGLISH.replace("every", "no")[::-1]),
        (CHINESE, CHINESE.replace("老人", "老头"), CHINESE[::-1]),
    ],
    ids=["en", "zh"],
)
def test_near_duplicates_go_in_both_languages(text: str, near: str, far: str) -> None:
    kept, dropped = drop_near_duplicates(texts(text, far, near), 0.8)
    assert [record.where for record in kept] == ["f:1", "f:2"]
    assert [str(row) for row in dropped] == ["f:3: nearly the same as f:1"]
    assert similarity(text, near) < 0.95
    assert len(drop_near_duplicates(texts(text, near), 0.95)[0]) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{ENGLISH} It costs 12 crowns.", f"{ENGLISH} It costs 13 crowns."),
        (f"{CHINESE}票价12元。", f"{CHINESE}票价１３元。"),
        ("What is 2+3?", "What is 2-3?"),
        ("😀😀", "😂"),
    ],
)
def test_other_numbers_and_signs_are_no_duplicates(one: str, other: str) -> None:
    assert len(drop_near_duplicates(texts(one, other), 0.5)[0]) == 2


def test_dialogues_must_be_alike_in_every_turn() -> None:
    same_passage = [
        dialogue(f"{ENGLISH} Where does the road end?", "On the far side of the bay.", "f:1"),
        dialogue(f"{ENGLISH} Who is carried?", "A few people.", "f:2"),
        dialogue(f"{ENGLISH}  Where does the road end ?", "On the far side of the bay!", "f:3"),
    ]
    kept, dropped = drop_near_duplicates(same_passage, 0.8)
    assert [record.where for record in kept] == ["f:1", "f:2"]
    assert [row.where for row in dropped] == ["f:3"]


@pytest.mark.parametrize("threshold", [0.5, 0.8, 0.95])
def test_the_index_finds_what_comparing_every_pair_finds(threshold: float) -> None:
    words = ENGLISH.replace(",", "").split()
    records = texts(*(" ".join([*words[:at], f"w{chr(97 + at)}", *words[at + 1 :]]) for at in range(0, 26, 3)))
    plain: list[Record] = []
    for record in records:
        if all(similarity(record.text, other.text) < threshold for other in plain):
            plain.append(record)
    assert drop_near_duplicates(records, threshold)[0] == plain


def test_sketches_are_the_same_in_every_process() -> None:
    code = "from rensa import RMinHash\nsketch = RMinHash(num_perm=8, seed=1)\n"
    code += "sketch.update({'一二三', 'one two'})\nprint(sketch.digest())"
    seen = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (ENGLISH, "en"),
        (CHINESE, "zh"),
        ("法國的首都是哪裡？請告訴我。", "zh"),
        ("Le bateau part du port tous les matins et revient avant la nuit.", "fr"),
        ("東京は日本の首都です。とても大きな町です。", "ja"),
        ("Lily", UNCERTAIN),
        ("42", UNCERTAIN),
    ],
)
def test_languages_are_told(text: str, code: str) -> None:
    assert language_code(text) == code


def test_other_languages_go_and_what_cannot_be_told_stays() -> None:
    given = texts(ENGLISH, CHINESE, "Le bateau part du port tous les matins et revient avant la nuit.", "42")
    kept, dropped = keep_languages(given, ("zh",))
    assert [record.where for record in kept] == ["f:2", "f:4"]
    assert [str(row) for row in dropped] == ["f:1: in 'en'", "f:3: in 'fr'"]
    with pytest.raises(LimbeckError, match="no language 'chinese'"):
        keep_languages(given, ("chinese",))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Write to ann.lee+x@mail.example.org, please.", "Write to [EMAIL], please."),
        ("邮箱zhang_san@example.cn。", "邮箱[EMAIL]。"),
        ("电话13812345678，谢谢", "电话[PHONE]，谢谢"),
        ("打+86 138-1234-5678或010-62345678", "打[PHONE]或[PHONE]"),
        ("Call (650) 253-0000 now", "Call [PHONE] now"),
        ("身份证11010519491231002X，", "身份证[ID]，"),
        ("Card 4111 1111 1111 1111.", "Card [CARD]."),
        ("卡号6222021234567890128", "卡号[CARD]"),
        ("at 192.168.0.10 and 2001:db8::ff00:42", "at [IP] and [IP]"),
    ],
)
def test_personal_data_is_masked(text: str, masked: str) -> None:
    assert mask(text)[0] == masked


@pytest.mark.parametrize(
    "text",
    [
        "身份证110105194912310021",  # check digit is wrong
        "Card 4111 1111 1111 1112.",
        "订单号20231215，共300件",
        "It is 12:30:45 on 2024-05-17, version 3.11.4, price 1,234,567.89",
        "300.1.1.1 is none, std::vector is none",
        "π = 3.141592653589793238",
        "user@localhost",
    ],
)
def test_what_only_looks_personal_stays(text: str) -> None:
    assert mask(text) == (text, {})


def test_masking_counts_every_place() -> None:
    records, counted = mask_records([dialogue("a@b.cn or c@d.cn?", "13812345678"), text_record("e@f.org", "f:2")])
    assert dict(counted) == {"EMAIL": 3, "PHONE": 1}
    assert [message.content for message in records[0].messages] == ["[EMAIL] or [EMAIL]?", "[PHONE]"]


@pytest.mark.parametrize("passage", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_leaks_are_found_by_prompt_and_by_long_runs(passage: str) -> None:
    held_out = [dialogue("Where is it? 在哪里", "Here.", "test:1"), text_record(passage, "test:2")]
    half = passage[: len(passage) * 3 // 4]
    train = [
        dialogue("where is it 在哪里？", "There.", "f:1"),
        text_record(f"Before. {half}", "f:2"),
        dialogue(f"Summarise: {half}", "A ferry.", "f:3"),
        text_record(passage[:12], "f:4"),
        dialogue("Where is it now? 现在呢", "Here.", "f:5"),
    ]
    kept, dropped = drop_leaks(train, held_out)
    assert [record.where for record in kept] == ["f:4", "f:5"]
    assert [str(row) for row in dropped] == [
        "f:1: asks the same as test:1",
        "f:2: shares a run of words with test:2",
        "f:3: shares a run of words with test:2",
    ]


def test_a_fixed_instruction_gives_nothing_away() -> None:
    fixed = "Read the text below and answer in one short sentence without adding anything of your own: "
    train = [dialogue(f"{fixed} item {chr(97 + n)}", "yes", f"f:{n}") for n in range(12)]
    held_out = [dialogue(f"{fixed} something else", "no", "test:1")]
    assert len(drop_leaks(train, held_out)[0]) == 12
    assert len(drop_leaks(train[:10], held_out)[0]) == 0


def test_the_split_depends_on_content_and_seed_alone() -> None:
    records = [dialogue(f"question {n // 2}", f"answer {n}", f"f:{n}") for n in range(40)]
    train, evaluation = split_off(records, 0.2, seed=0)
    assert len(evaluation) == 8
    assert not {record.prompt for record in train} & {record.prompt for record in evaluation}
    again = split_off(records[::-1], 0.2, seed=0)[1]
    assert {record.where for record in again} == {record.where for record in evaluation}
    assert {record.where for record in split_off(records, 0.2, seed=1)[1]} != {record.where for record in evaluation}


def test_a_small_share_sets_one_aside_and_leaves_one() -> None:
    assert [len(side) for side in split_off(texts("a", "b", "c"), 0.01, 0)] == [2, 1]
    assert [len(side) for side in split_off(texts("a", "b"), 0.99, 0)] == [1, 1]
    assert [len(side) for side in split_off(texts("a"), 0.5, 0)] == [1, 0]
    assert [len(side) for side in split_off(texts("a", "b"), 0.0, 0)] == [2, 0]
