import pytest

from limbeck.knowledge.text import content_of, key, name_key, stem, strip_controls, units, words


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("Côte d’Ivoire", "cote d'ivoire"),
        ("CHAD", "chad's"),
        ("U.S.", "US"),
        ("Ｃｈａｄ", "Chad"),
        ("1,284,000", "1284000"),
        ("Guinea-Bissau", "guinea bissau"),
        ("刚果（金）", "刚果金"),
        ("Łódź", "lodz"),
        ("Ch\u200bad\x00", "chad"),
    ],
)
def test_names_that_differ_only_in_writing_have_one_key(written: str, same: str) -> None:
    assert key(written) == key(same) != ""


def test_keys_keep_different_names_apart() -> None:
    assert len({key(name) for name in ("Niger", "Nigeria", "刚果", "刚果金", "1.5", "15")}) == 6


def test_a_leading_the_is_no_part_of_a_name() -> None:
    assert name_key("the Gambia") == name_key("Gambia")
    assert name_key("The") == "the"


@pytest.mark.parametrize(
    "forms",
    [
        ("country", "countries"),
        ("currency", "currencies"),
        ("language", "languages"),
        ("neighbour", "neighbours", "neighbouring"),
        ("border", "borders", "bordering", "bordered"),
        ("process", "processes", "processing"),
        ("locate", "located"),
        ("refund", "refunded", "refunds"),
    ],
)
def test_stems_join_the_forms_of_a_word(forms: tuple[str, ...]) -> None:
    assert len({stem(form) for form in forms}) == 1


def test_stems_leave_short_words_and_numbers_alone() -> None:
    assert [stem(word) for word in ("us", "ring", "gas", "status", "2024", "h2o")] == [
        "us",
        "ring",
        "gas",
        "status",
        "2024",
        "h2o",
    ]


def test_words_are_stems_and_bigrams_that_do_not_cross_lines() -> None:
    assert words("乍得的首都\n货币 capitals") == ["乍得", "得的", "的首", "首都", "货币", "capital"]


def test_content_leaves_stop_words_out_in_both_languages() -> None:
    assert content_of(units("What is the capital of Chad?")) == ("capital", "chad")
    assert content_of(units("乍得的首都是哪里？")) == ("乍得", "首都")
    assert content_of(units("And the US?")) == ("us",)
    assert content_of(units("那呢？ And what of it?")) == ()


def test_controls_go_and_line_ends_stay() -> None:
    assert strip_controls("a\x00b\u200b\n\tc") == "ab\n\tc"
    assert strip_controls("a\x00b", " ") == "a b"
