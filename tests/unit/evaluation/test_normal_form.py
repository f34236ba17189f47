import pytest

from limbeck.evaluation.normal_form import contains, figures, normal


@pytest.mark.parametrize(
    ("text", "needle"),
    [
        ("The area is 1,284,000 km².", "1284000"),
        ("The area is 1284000 km².", "1,284,000"),
        ("面积是128.4万平方公里。", "1284000"),
        ("人口为13.5亿", "1,350,000,000"),
        ("1\u202f284\u202f000 km²", "1284000"),
        ("1'284'000", "1284000"),
        ("１２８４０００", "1284000"),
        ("It is 12.50.", "12.5"),
        ("It costs $5.", "5"),
        ("up to 23kg", "23"),
        ("From 1990-1995.", "1995"),
        ("+1 868", "868"),
        ("São Tomé", "Sao Tome"),
        ("N’Djamena", "N'Djamena"),
        ("CÔTE D'IVOIRE", "Côte d’Ivoire"),
        ("首都是巴黎。", "巴黎"),
        ("使用Euro支付", "euro"),
        ("Is it the US?", "US"),
        ("安道尔・拉维拉", "安道尔·拉维拉"),
        ("Guinea-Bissau", "guinea‑bissau"),
    ],
)
def test_the_same_in_other_writing_is_found(text: str, needle: str) -> None:
    assert contains(text, needle)


@pytest.mark.parametrize(
    ("text", "needle"),
    [
        ("Nigeria", "Niger"),
        ("Nigerien", "Niger"),
        ("Romania", "Oman"),
        ("please tell us", "US"),
        ("it is in the north", "IN"),
        ("1,284,000", "284"),
        ("12845", "1284"),
        ("12.5", "12"),
        ("3.12", "12"),
        ("It is -5 there", "5"),
        ("an area in km²", "2"),
        ("乍得", "中非"),
        ("anything", ""),
        ("anything", "  "),
    ],
)
def test_a_part_of_a_word_or_number_is_not_found(text: str, needle: str) -> None:
    assert not contains(text, needle)


def test_figures_are_compared_in_one_form() -> None:
    assert figures("1,284,000 km², 12.50 m³ and 3万") == {"1284000", "12.5", "30000"}


def test_normal_form_is_stable() -> None:
    for text in ("ÀÉÎ １２３ km²", "12.50", "1,000,000", "3.5万", "Straße", ""):
        assert normal(normal(text)) == normal(text)
