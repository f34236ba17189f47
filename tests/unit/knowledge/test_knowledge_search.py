import math
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.build import build
from limbeck.knowledge.evidence import Evidence
from limbeck.knowledge.ranking import Ranker
from limbeck.knowledge.source import Source


def marks(rows: tuple[Evidence, ...], count: int = 1) -> list[tuple[str, str, str, str]]:
    return [(row.subject.en, row.property_id, row.link, row.match) for row in rows[:count]]


@pytest.mark.parametrize(
    ("question", "subject", "asked"),
    [
        ("What is the capital of Chad?", "Chad", "capital"),
        ("what's chad's capital city", "Chad", "capital"),
        ("WHAT IS THE CURRENCY OF KENYA", "Kenya", "currency"),
        ("Which languages do they speak in cote d'ivoire?", "Côte d’Ivoire", "languages"),
        ("area of the Ivory Coast", "Côte d’Ivoire", "area"),
        ("What currency does the US have?", "the United States", "currency"),
        ("capital of United States", "the United States", "capital"),
        ("乍得的首都是哪里？", "Chad", "capital"),
        ("请问肯尼亚用什么货币", "Kenya", "currency"),
        ("美国面积多大？", "the United States", "area"),
        ("Ch\u200bad\x07 capital", "Chad", "capital"),
    ],
)
def test_a_named_subject_and_property_come_first(base: KnowledgeBase, question: str, subject: str, asked: str) -> None:
    rows = base.search(question)
    assert marks(rows) == [(subject, asked, "named", "named")]
    assert {row.match for row in rows[1:]} == {"none"}
    assert len({row.property_id for row in rows if row.kind == "fact"}) == sum(row.kind == "fact" for row in rows)


def test_a_fact_speaks_both_languages(base: KnowledgeBase) -> None:
    capital = base.search("capital of Chad")[0]
    assert (capital.subject.zh, capital.property.zh, capital.value.en, capital.value.zh) == (
        "乍得",
        "首都",
        "N'Djamena",
        "恩贾梅纳",
    )
    assert base.search("area of Kenya")[0].value.zh == "580367平方公里"
    assert base.search("area of Kenya")[0].value.en == "580367 km²"


def test_several_values_are_joined_and_subjects_named_in_each_language(base: KnowledgeBase) -> None:
    neighbours = base.search("neighbours of Chad")[0]
    assert (neighbours.value.en, neighbours.value.zh) == ("Libya and Kenya", "利比亚、肯尼亚")


def test_short_codes_count_only_in_capitals(base: KnowledgeBase) -> None:
    assert base.search("Tell us the capital") == () or base.search("Tell us the capital")[0].link == "searched"
    assert base.search("capital of the US")[0].subject.en == "the United States"


@pytest.mark.parametrize(
    ("history", "question", "expected"),
    [
        (["What is the capital of Chad?"], "and its currency?", ("Chad", "currency", "carried", "named")),
        (["乍得的首都是哪里？", "乍得的首都是恩贾梅纳。"], "它的货币呢？", ("Chad", "currency", "carried", "named")),
        (["What is the capital of Chad?", "N'Djamena."], "And Kenya?", ("Kenya", "capital", "named", "carried")),
        (["乍得的首都是哪里？"], "那肯尼亚呢？", ("Kenya", "capital", "named", "carried")),
        (["Neighbours of Chad?", "Libya and Kenya."], "its area?", ("Chad", "area", "carried", "named")),
        (["Capital of Chad?", "The capital of Libya?"], "area?", ("Libya", "area", "carried", "named")),
        (["Currency of Kenya?", "Capital of Chad?"], "And Libya?", ("Libya", "capital", "named", "carried")),
    ],
)
def test_what_a_question_leaves_out_is_carried(
    base: KnowledgeBase, history: list[str], question: str, expected: tuple[str, str, str, str]
) -> None:
    assert marks(base.search(question, history)) == [expected]


def test_an_unknown_property_is_not_filled_from_history(base: KnowledgeBase) -> None:
    rows = base.search("What is the anthem of Kenya?", ["What is the capital of Chad?"])
    assert {row.match for row in rows} == {"none"}


def test_two_subjects_both_show(base: KnowledgeBase) -> None:
    rows = base.search("Compare the capital of Chad and Kenya")
    assert marks(rows, 2) == [("Chad", "capital", "named", "named"), ("Kenya", "capital", "named", "named")]


@pytest.mark.parametrize(
    "question",
    ["Which country's capital is N'Djamena?", "首都是恩贾梅纳的国家是哪个？", "ndjamena is the capital of what?"],
)
def test_a_named_value_finds_its_subject(base: KnowledgeBase, question: str) -> None:
    first = base.search(question)[0]
    assert marks((first,)) == [("Chad", "capital", "searched", "named")]
    assert (first.fit, first.lead) == (1.0, 1.0)


def test_a_value_is_found_for_its_property_only(base: KnowledgeBase) -> None:
    rows = base.search("Which country has French as its currency?")
    assert all(row.fit < 1.0 for row in rows)


def test_a_value_is_found_with_the_kind_of_subject_alone(base: KnowledgeBase) -> None:
    best = base.search("Which country belongs to N'Djamena?")[0]
    assert (best.subject.en, best.property_id, best.fit) == ("Chad", "capital", 1.0)
    assert all(row.fit < 1.0 for row in base.search("How is the weather in N'Djamena?"))


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("Which country uses the US dollar?", "the United States"),
        ("Which country pays in shillings or the Kenyan shilling?", "Kenya"),
        ("What country has the dinar?", "Libya"),
        ("Whose currency is the shilling?", "Kenya"),
        ("哪个国家用美元？", "the United States"),
    ],
)
def test_a_value_is_found_by_its_last_word_and_around_the_name_of_a_subject(
    base: KnowledgeBase, question: str, subject: str
) -> None:
    assert marks(base.search(question), 1) == [(subject, "currency", "searched", "named")]


def test_of_a_last_word_that_many_values_have_none_is_meant(tmp_path: Path) -> None:
    rows = [f"{name},{name}an dollar" for name in ("Avaria", "Belmora", "Cadria")]
    (tmp_path / "t.csv").write_text("\n".join(["country,currency", *rows]), encoding="utf-8")
    build([Source(kind="table", location=tmp_path / "t.csv", root=tmp_path)], tmp_path / "k.sqlite")
    with KnowledgeBase.open(tmp_path / "k.sqlite") as base:
        found = base.search("Which country uses the dollar?")
        assert len(found) == len(rows) and all(row.match == "none" for row in found)
        assert base.search("Which country uses the Avariaan dollar?")[0].match == "named"


def test_a_subject_with_an_article_is_no_part_of_a_value(base: KnowledgeBase) -> None:
    assert base.search("Which country borders the United States?")[0].link == "named"


@pytest.mark.parametrize(
    ("question", "text"),
    [("When is the visa desk open?", "9:00 to 17:00"), ("可以免费托运几件行李？", "23公斤"), ("visa fees", "40 euros")],
)
def test_passages_answer_where_no_subject_is(base: KnowledgeBase, question: str, text: str) -> None:
    best = base.search(question)[0]
    assert (best.kind, best.link, best.match) == ("passage", "searched", "none")
    assert text in best.value.en


def test_a_passage_that_shares_only_beginnings_of_words_is_found_last(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        "# Help\n\n## Cash\n\nWe reimburse taxis.\n\n## Post\n\nPost is taken at noon.", encoding="utf-8"
    )
    (tmp_path / "b.md").write_text("# 求助\n\n差旅处可汇出最多800欧元。\n\n## 寄信\n\n邮局在一楼。", encoding="utf-8")
    build([Source(kind="markdown", location=tmp_path, root=tmp_path)], tmp_path / "k.sqlite")
    with KnowledgeBase.open(tmp_path / "k.sqlite") as base:
        assert [row.value.en for row in base.search("any reimbursement")] == ["We reimburse taxis."]
        assert [row.value.zh for row in base.search("你们能汇多少")] == ["差旅处可汇出最多800欧元。"]
        assert base.search("post, reimbursement")[0].property.en == "Post"


def test_passages_in_the_language_of_the_question_come_first(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        "# 行李\n\nVIP 旅客的行李。\n\n## VIP VIP\n\nVIP 旅客的行李可以优先托运。", encoding="utf-8"
    )
    (tmp_path / "b.md").write_text("# Long\n\nSome of the guests we serve here are VIP guests now.", encoding="utf-8")
    build([Source(kind="markdown", location=tmp_path, root=tmp_path)], tmp_path / "k.sqlite")
    with KnowledgeBase.open(tmp_path / "k.sqlite") as base:
        assert base.search("What about VIP?")[0].citation.source == "b.md"
        assert base.search("VIP 怎么样？")[0].citation.source == "a.md"


def test_a_label_wins_over_another_subjects_alias(read_table: Callable[..., KnowledgeBase]) -> None:
    with read_table("name,aliases,river\nCongo Republic,Congo;Guinea,a\nGuinea,,b\nDR Congo,Congo,c\n") as base:
        assert marks(base.search("river of Guinea")) == [("Guinea", "river", "named", "named")]
        assert {row.subject.en for row in base.search("river of Guinea")} == {"Guinea"}
        assert {row.subject.en for row in base.search("river of Congo")[:2]} == {"Congo Republic", "DR Congo"}


def test_unseen_words_weigh_more_than_seen_and_rare_more_than_common(base_path: Path) -> None:
    with closing(sqlite3.connect(base_path)) as connection:
        weights = Ranker(connection).weights(["zebra", "kenya", "capit", "capital", "desk"])
    assert weights["zebra"] == weights["capit"] > weights["desk"] > weights["capital"] > 0
    assert weights["zebra"] == pytest.approx(math.log(1 + 25.5 / 0.5))


def test_facts_leave_room_for_a_passage(base: KnowledgeBase) -> None:
    for limit in range(2, 9):
        rows = base.search("Visa for Chad and its capital?", limit=limit)
        assert len(rows) <= limit
        assert {row.kind for row in rows} == {"fact", "passage"}
    assert base.search("Chad", limit=0) == ()


def test_nothing_is_found_where_nothing_matches(base: KnowledgeBase) -> None:
    assert base.search("Tell me a joke about penguins") == ()
    assert base.search("") == base.search("？") == base.search("🙂") == ()


def test_words_that_nothing_known_is_asked_with_make_a_property_less_likely(base: KnowledgeBase) -> None:
    known = base.search("capital of Chad")[0]
    partly = base.search("Who wrote the anthem of the capital of Chad?")[0]
    assert (known.fit, known.lead) == (1.0, 1.0) and partly.lead < 0.95
    assert base.search("和")[:1] == ()


@pytest.mark.parametrize("question", ["乍得的首都是哪里？", "What is the capital of Chad?"])
def test_the_property_asked_for_fits_and_leads_and_others_do_not(base: KnowledgeBase, question: str) -> None:
    first, *others = base.search(question)
    assert first.fit > 0.6 and first.lead > 0.7
    assert all(row.fit < 0.3 and row.lead < 0.6 for row in others)


@pytest.mark.parametrize(
    "question", ["Who is the king of Chad?", "How do I get a visa for Chad?", "乍得的天气怎么样？"]
)
def test_what_no_property_answers_leads_none(base: KnowledgeBase, question: str) -> None:
    assert all(row.lead < 0.5 for row in base.search(question) if row.kind == "fact")


@pytest.mark.parametrize(
    "question",
    ['" OR 1=1 --', "'; DROP TABLE fact; --", "NEAR(a b) AND NOT * ^col:", 'capital" MATCH "x', "%_[]{}", "\ud800"],
)
def test_a_question_is_never_code(base: KnowledgeBase, question: str) -> None:
    base.search(question)
    assert base.stats()["fact"] == 25


@pytest.mark.parametrize("question", ["x" * 100_000, "乍得 " * 33_000, "is a " * 20_000, "\x00" * 100_000])
def test_a_huge_question_is_bounded(base: KnowledgeBase, question: str) -> None:
    start = time.perf_counter()
    base.search(question, [question])
    assert time.perf_counter() - start < 2


def test_a_question_is_fast_on_250_rows(tmp_path: Path) -> None:
    rows = [f"Land{n} Isle,岛{n}国,Port {n},港{n},{n * 7}" for n in range(250)]
    (tmp_path / "t.csv").write_text("\n".join(["name,name_zh,capital,capital_zh,area", *rows]), encoding="utf-8")
    build([Source(kind="table", location=tmp_path / "t.csv", root=tmp_path)], tmp_path / "k.sqlite")
    with KnowledgeBase.open(tmp_path / "k.sqlite") as base:
        times = []
        for n in range(40):
            start = time.perf_counter()
            assert base.search(f"What is the capital of Land{n} Isle?")[0].value.en == f"Port {n}"
            times.append(time.perf_counter() - start)
    assert min(times) < 0.003


def test_one_character_subjects_are_found_but_not_inside_property_names(
    read_table: Callable[..., KnowledgeBase],
) -> None:
    mapping = """
[[property]]
id = "mass"
column = "mass"
label = { en = "mass", zh = "原子质量" }
[[property]]
id = "metal"
column = "metal"
label = { en = "metal", zh = "金属" }
"""
    with read_table("name,name_zh,mass,metal\nGold,金,197,yes\nHydrogen,氢,1,no\n", mapping) as base:
        assert marks(base.search("氢的原子质量是多少？")) == [("Hydrogen", "mass", "named", "named")]
        assert marks(base.search("氢是金属吗？")) == [("Hydrogen", "metal", "named", "named")]
        assert {row.subject.en for row in base.search("氢是金属吗？")} == {"Hydrogen"}


def test_names_for_gives_both_languages(base: KnowledgeBase) -> None:
    assert set(base.names_for("chad")) == {"chad", "Chad", "乍得", "Republic of Chad", "TD"}
    assert {"N'Djamena", "恩贾梅纳"} <= set(base.names_for("恩贾梅纳"))
    assert "美国" in base.names_for("United States")
    assert base.names_for("nowhere") == ("nowhere",)
    assert base.names_for("?") == ("?",)
