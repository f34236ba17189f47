"""The built-in wording bank: placeholders, counts, and no line twice."""

import re
import tomllib
from importlib.resources import files

import pytest

from limbeck.corpus.language import LANGUAGES, language_of

LEAST = {
    "ask": 40,
    "follow_property": 20,
    "pronoun": 4,
    "follow_subject": 12,
    "nested": 10,
    "two_subjects": 15,
    "two_properties": 15,
    "inverse": 10,
    "wrap": 15,
    "unknown_property": 150,
    "unknown_question": 200,
    "off_topic": 60,
    "invented": 80,
}
ALLOWED = {
    "ask": [{"property", "subject"}],
    "follow_property": [{"property"}],
    "pronoun": [set(), {"kind"}],
    "follow_subject": [{"subject"}],
    "nested": [{"property", "subject"}, {"property", "subject", "unknown"}],
    "two_subjects": [{"property", "subject", "other"}],
    "two_properties": [{"property", "second", "subject"}],
    "inverse": [{"property", "value"}, {"property", "value", "kind"}, {"value", "kind"}, {"value"}],
    "wrap": [{"question"}],
    "unknown_property": [set()],
    "unknown_question": [{"subject"}],
    "off_topic": [set()],
    "invented": [set()],
}


def read(language: str) -> dict[str, list[str]]:
    text = (files("limbeck.corpus") / "frames" / f"{language}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_list_is_there_and_long_enough(language: str) -> None:
    counts = {name: len(lines) for name, lines in read(language).items()}
    assert counts.keys() == LEAST.keys()
    assert all(counts[name] >= least for name, least in LEAST.items()), counts


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", LEAST)
def test_lines_hold_exactly_their_placeholders(language: str, name: str) -> None:
    for line in read(language)[name]:
        found = re.findall(r"\{(\w*)\}", line)
        assert set(found) in ALLOWED[name] and len(found) == len(set(found)), line
        assert line.count("{") == line.count("}") == len(found), line


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", LEAST)
def test_no_line_stands_twice(language: str, name: str) -> None:
    lines = [line.casefold().strip() for line in read(language)[name]]
    assert len(lines) == len(set(lines))
    assert all(line == line.strip() and line for line in read(language)[name])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["unknown_property", "off_topic", "invented"])
def test_words_are_in_the_language_of_their_file(language: str, name: str) -> None:
    strays = [line for line in read(language)[name] if language_of(line) != language]
    assert not [line for line in strays if line != "GDP"]


def test_both_languages_have_the_same_weight() -> None:
    english, chinese = read("en"), read("zh")
    for name in LEAST:
        assert abs(len(english[name]) - len(chinese[name])) <= 2, name
