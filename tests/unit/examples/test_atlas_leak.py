"""No held-out question is worded like a training question, whatever country it names."""

import csv
import json
import re
import tomllib
import unicodedata
from functools import cache
from itertools import product
from pathlib import Path

from limbeck.corpus.wording_bank import read_frames
from limbeck.fusion.practice_pages import practice_source
from limbeck.knowledge.source import AskedRead
from limbeck.knowledge.sources.markdown import read

ROOT = Path(__file__).parents[3]
ATLAS = ROOT / "examples" / "atlas"
STARTER = ROOT / "recipes" / "starter"


def plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return re.sub(r"[\s?？.。!！,，]+", " ", folded).strip()


@cache
def names() -> re.Pattern[str]:
    with (ATLAS / "countries.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = {row[column] for row in rows for column in ("name", "name_zh")}
    found |= {row[column] for row in rows for column in ("region", "region_zh")}
    found |= {name for row in rows for column in ("aliases", "aliases_zh") for name in row[column].split(";") if name}
    longest_first = sorted((plain(name) for name in found), key=len, reverse=True)
    return re.compile("|".join(re.escape(name) for name in longest_first))


def masked(text: str) -> str:
    return names().sub("{}", plain(text))


@cache
def trained_wordings() -> frozenset[str]:
    mapping = tomllib.loads((ATLAS / "countries.toml").read_text(encoding="utf-8"))
    found: set[str] = set()
    for language in ("en", "zh"):
        frames = read_frames(language)
        for asked in mapping["property"]:
            labels = [asked["label"][language], *asked.get("aliases", {}).get(language, [])]
            found |= {masked(wording.format(subject="{}", region="Africa")) for wording in asked["questions"][language]}
            found |= {masked(wording.format(subject="{}", region="亚洲")) for wording in asked["questions"][language]}
            fills = product((*frames.ask, *frames.follow_property), labels)
            found |= {plain(frame.format(subject="{}", property=label)) for frame, label in fills}
        unknown = product((*frames.ask, *frames.follow_property), frames.unknown_property)
        found |= {plain(frame.format(subject="{}", property=phrase)) for frame, phrase in unknown}
        found |= {plain(text) for text in frames.off_topic}
        found |= {plain(frame.format(subject="{}")) for frame in (*frames.follow_subject, *frames.unknown_question)}
    return frozenset(found | starter_wordings() | wordings_of_passages())


def wordings_of_passages() -> set[str]:
    """Return how the handbook's sections are asked for, and those of the practice handbook."""
    pages = (*read(ATLAS / "handbook", {}), *read(practice_source().location, {}))
    asked = {plain(text) for record in pages if isinstance(record, AskedRead) for text in record.texts}
    assert len(asked) > 4000
    return asked


def starter_wordings() -> set[str]:
    """Return what the starter learnt to read from."""
    found: set[str] = set()
    for path in (STARTER / "relations").glob("*.toml"):
        domain = tomllib.loads(path.read_text(encoding="utf-8"))
        texts = [text for side in domain["unanswered"].values() for text in side]
        texts += [text for asked in domain["relation"] for side in asked["questions"].values() for text in side]
        found |= {plain(text.format(subject="{}")) for text in texts}
    for path in (STARTER / "pages").glob("*.jsonl"):
        for page in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            asked_of_page = [*page["unanswered"], *(text for each in page["sections"] for text in each["questions"])]
            found |= {masked(text) for text in asked_of_page}
    return found


def held_out() -> list[str]:
    lines = (ATLAS / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines]


def test_the_mask_sees_a_trained_wording() -> None:
    assert masked("what is the capital of CHAD?") in trained_wordings()
    assert masked("乍得的首都是什么？") in trained_wordings()
    assert masked("How do I become a member?") in trained_wordings()


def test_no_held_out_wording_was_trained_on() -> None:
    leaked = [question for question in held_out() if masked(question) in trained_wordings()]
    assert not leaked
