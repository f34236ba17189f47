"""The atlas example: complete, consistent, and the same in both languages."""

import csv
import re
import tomllib
from pathlib import Path

import pytest

ATLAS = Path(__file__).parents[3] / "examples" / "atlas"
NO_NEIGHBOUR = ("none (no land border)", "无（没有陆地邻国）")
OPTIONAL = {"aliases", "aliases_zh"}  # some countries have one name only
HAN = re.compile(r"[\u4e00-\u9fff]")


def read_table() -> list[dict[str, str]]:
    with (ATLAS / "countries.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def read_mapping() -> dict:
    return tomllib.loads((ATLAS / "countries.toml").read_text(encoding="utf-8"))


ROWS = read_table()
MAPPING = read_mapping()


def columns(value: str | dict[str, str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value.values())


def cells(row: dict[str, str], column: str) -> list[str]:
    return row[column].split(";")


def test_table_has_every_country_once() -> None:
    assert len(ROWS) == 195
    for column in ("name", "name_zh"):
        assert len({row[column] for row in ROWS}) == len(ROWS)


def test_no_row_is_ragged_and_no_fact_is_missing() -> None:
    for row in ROWS:
        assert None not in row and None not in row.values(), row["name"]
        assert not [name for name, cell in row.items() if not cell.strip() and name not in OPTIONAL], row["name"]
        assert all(part and part == part.strip() for cell in row.values() if cell for part in cell.split(";"))


def test_chinese_cells_are_chinese_and_pair_with_the_english_ones() -> None:
    for row in ROWS:
        for column in (name for name in row if name.endswith("_zh") and row[name]):
            assert all(HAN.search(part) for part in cells(row, column)), (row["name"], column)
        for column in ("capital", "languages", "currency", "neighbours"):
            assert len(cells(row, column)) == len(cells(row, f"{column}_zh")), (row["name"], column)


@pytest.mark.parametrize("column", ["region", "subregion", "languages", "currency"])
def test_a_term_is_translated_the_same_way_everywhere(column: str) -> None:
    terms: dict[str, str] = {}
    for row in ROWS:
        for english, chinese in zip(cells(row, column), cells(row, f"{column}_zh"), strict=True):
            assert terms.setdefault(english, chinese) == chinese
    assert len(set(terms.values())) == len(terms)


@pytest.mark.parametrize(("subject", "column"), [("name", "neighbours"), ("name_zh", "neighbours_zh")])
def test_neighbours_resolve_and_are_symmetric(subject: str, column: str) -> None:
    neighbours = {row[subject]: cells(row, column) for row in ROWS}
    for country, around in neighbours.items():
        if around[0] in NO_NEIGHBOUR:
            assert len(around) == 1
            continue
        assert all(country in neighbours[other] for other in around), country


def test_figures_have_one_form() -> None:
    for row in ROWS:
        assert float(row["area_km2"]) > 0
        assert all(re.fullmatch(r"\+\d{1,3}( \d{2,3})*", code) for code in cells(row, "calling_code"))
        assert row["landlocked"] in ("yes", "no")
    assert sum(row["landlocked"] == "yes" for row in ROWS) == 44


def test_mapping_covers_the_table() -> None:
    used = {*columns(MAPPING["subject"]["column"]), *MAPPING["subject"]["aliases"]}
    for mapped in MAPPING["property"]:
        used.update(columns(mapped["column"]))
    assert used == set(ROWS[0])


def test_coded_values_are_all_rendered() -> None:
    for mapped in MAPPING["property"]:
        if "values" in mapped:
            assert {row[mapped["column"]] for row in ROWS} == set(mapped["values"])


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("mapped", MAPPING["property"], ids=lambda mapped: mapped["id"])
def test_property_is_fully_worded(mapped: dict, language: str) -> None:
    questions, label = mapped["questions"][language], mapped["label"][language]
    assert len(questions) >= 12 and len(set(questions)) == len(questions)
    assert mapped["aliases"][language]
    assert all(question.count("{subject}") == 1 for question in questions)
    assert not [question for question in questions if label.casefold() in question.casefold()]
    answer = mapped["answer"][language]
    assert answer.count("{subject}") == answer.count("{value}") == 1
    assert language == "zh" or not answer.startswith("{subject}")  # "the Netherlands" would start in lower case


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_name_means_one_property(language: str) -> None:
    names: list[str] = []
    for mapped in MAPPING["property"]:
        names += [name.casefold() for name in (mapped["label"][language], *mapped["aliases"][language])]
    assert len(names) == len(set(names))


def sections(path: Path) -> list[str]:
    return re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]


PAGES = sorted(path for path in (ATLAS / "handbook").glob("*.md") if not path.name.endswith(".zh.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_says_the_same_in_both_languages(page: Path) -> None:
    english, chinese = sections(page), sections(page.with_suffix(".zh.md"))
    assert 2 <= len(english) == len(chinese) <= 4
    assert all(HAN.search(section) for section in chinese)


def test_every_chinese_page_has_an_english_one() -> None:
    chinese = {path.name.removesuffix(".zh.md") for path in (ATLAS / "handbook").glob("*.zh.md")}
    assert chinese == {page.stem for page in PAGES}
    assert len(PAGES) >= 7


def test_attribution_names_source_and_licence() -> None:
    text = (ATLAS / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert "ODbL-1.0" in text and "https://github.com/mledoze/countries" in text
