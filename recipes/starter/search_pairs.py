"""Texts that belong together, to learn to search from: questions and passages, wordings and relations, paraphrases.

A pair has hard negatives where there are some: other sections of the same page, other relations of the same subject.
Relations and pages that are held out to test on are in none of them.
"""

import csv
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bank import Domain, Page, Relation, read_domains, read_pages, taught, taught_pages
from names import Inventor

from limbeck.corpus.language import LANGUAGES, Language, language_of
from limbeck.knowledge.likeness import passage_text

_LIKE = 4.0
_SUBJECTS: dict[Language, tuple[str, ...]] = {
    "en": ("it", "this {kind}", "the {kind}", "{name}", "{name}"),
    "zh": ("它", "这个{kind}", "该{kind}", "{name}", "{name}"),
}
"""What stands for a subject: nothing that could be learnt by heart."""
_ACROSS, _LABEL, _WHOLE = 0.25, 0.6, 0.5
_SENTENCE = re.compile(r"(?<=[。！？；])|(?<=[.!?])\s+(?=[A-Z\"“])")
_SENTENCES, _SHORTEST = 3, {"en": 160, "zh": 60}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A text, what belongs to it, and what looks as if it did, with its own group.

    Texts of one group are never set against each other.
    """

    anchor: str
    candidate: str
    group: str
    hard: tuple[tuple[str, str], ...] = ()


Pools = dict[str, list[Pair]]
"""Pairs by kind and language: a batch is of one pool, so that language alone tells nothing."""


def gather(data: Path, text: Sequence[str], seed: int = 0) -> Pools:
    """Return every pool, the same for the same seed."""
    rng = random.Random(f"pairs {seed}")
    pools: defaultdict[str, list[Pair]] = defaultdict(list)
    for name, pair in _paraphrases(data / "stsb"):
        pools[name].append(pair)
    for page in taught_pages(read_pages()):
        pools[f"section {page.language}"] += _sections(page)
    for domain in taught(read_domains()):
        for language in LANGUAGES:
            pools[f"relation {language}"] += _relations(domain, language, rng)
            pools[f"wording {language}"] += _wordings(domain, language, rng)
    pools["title zh"] = list(_titles(data / "csl"))
    for passage in text:
        pools[f"neighbour {language_of(passage)}"] += _neighbours(passage, rng)
    return {name: pools[name] for name in sorted(pools)}


def _sections(page: Page) -> Iterator[Pair]:
    written = [
        (passage_text(page.title, section.heading, section.text), f"{page.title}#{number}")
        for number, section in enumerate(page.sections)
    ]
    for section, own in zip(page.sections, written, strict=True):
        others = tuple(other for other in written if other is not own)
        for question in section.questions:
            yield Pair(anchor=question, candidate=own[0], group=own[1], hard=others)


def _relations(domain: Domain, language: Language, rng: random.Random) -> Iterator[Pair]:
    """Yield a question and what its relation is called, or how it is answered, now and then in the other language."""
    for relation in domain.relations:
        for wording in relation.property.questions[language]:
            side = _other(language) if rng.random() < _ACROSS else language
            name = _label if rng.random() < _LABEL else _answer
            yield Pair(
                anchor=_asked(wording, domain, language, rng),
                candidate=name(relation, domain, side, rng),
                group=_group(relation),
                hard=tuple(
                    (name(other, domain, side, rng), _group(other)) for other in domain.relations if other != relation
                ),
            )


def _wordings(domain: Domain, language: Language, rng: random.Random) -> Iterator[Pair]:
    """Yield two questions that ask for one relation, now and then in two languages."""
    for relation in domain.relations:
        own = relation.property.questions
        for wording in own[language]:
            side = _other(language) if rng.random() < _ACROSS else language
            like = rng.choice([other for other in own[side] if other != wording])
            hard = [(rng.choice(other.property.questions[side]), other) for other in domain.relations]
            yield Pair(
                anchor=_asked(wording, domain, language, rng),
                candidate=_asked(like, domain, side, rng),
                group=_group(relation),
                hard=tuple(
                    (_asked(text, domain, side, rng), _group(other)) for text, other in hard if other != relation
                ),
            )


def _paraphrases(folder: Path) -> Iterator[tuple[str, Pair]]:
    """Yield sentences that mean the same: those people found alike, and translations, line by line."""
    lines = {language: read_likenesses(folder / f"stsb-{language}-train.csv") for language in LANGUAGES}
    for number, (en, zh) in enumerate(zip(lines["en"], lines["zh"], strict=True)):
        if en[2] != zh[2]:
            raise SystemExit(f"{folder}: line {number + 1} is no translation; its scores are {en[2]} and {zh[2]}")
        if en[2] >= _LIKE:
            for name, (one, other, _) in (("alike en", en), ("alike zh", zh)):
                yield name, Pair(anchor=one, candidate=other, group=f"{number}")
        for place in (0, 1):
            yield "translation", Pair(anchor=str(zh[place]), candidate=str(en[place]), group=str(en[place]))


def read_likenesses(path: Path) -> list[tuple[str, str, float]]:
    """Read pairs of sentences with how alike they are, 0 to 5."""
    with path.open(encoding="utf-8", newline="") as file:
        return [(row[0], row[1], float(row[2])) for row in csv.reader(file)]


def _titles(folder: Path) -> Iterator[Pair]:
    for path in (folder / "ts" / "dev.tsv", folder / "kg" / "dev.tsv"):
        for line in path.read_text(encoding="utf-8").splitlines():
            _, abstract, title = line.split("\t")[:3]
            yield Pair(anchor=title.replace("_", " "), candidate=abstract, group=abstract)


def _neighbours(passage: str, rng: random.Random) -> Iterator[Pair]:
    """Yield a sentence and the passage around it, half of the time with the sentence still in it."""
    parts = [part.strip() for part in _SENTENCE.split(passage) if part and part.strip()]
    if len(parts) < _SENTENCES or len(passage) < _SHORTEST[language_of(passage)]:
        return
    place = rng.randrange(len(parts))
    rest = parts if rng.random() < _WHOLE else parts[:place] + parts[place + 1 :]
    # a passage is cut to what the encoder reads: begin near the sentence
    yield Pair(anchor=parts[place], candidate=" ".join(rest[max(0, place - 2) :]), group=passage)


def _asked(wording: str, domain: Domain, language: Language, rng: random.Random) -> str:
    subject = rng.choice(_SUBJECTS[language])
    place = LANGUAGES.index(language)
    name = Inventor(rng).subject(domain.kind)[place] if "{name}" in subject else ""
    return wording.replace("{subject}", subject.format(kind=domain.kind[place], name=name))


_Naming = Callable[[Relation, Domain, Language, random.Random], str]


def _label(relation: Relation, domain: Domain, language: Language, rng: random.Random) -> str:
    return rng.choice(relation.property.labels[language])


def _answer(relation: Relation, domain: Domain, language: Language, rng: random.Random) -> str:
    value = Inventor(rng).value(relation.values)[LANGUAGES.index(language)]
    return _asked(relation.property.answer[language], domain, language, rng).replace("{value}", value)


def _group(relation: Relation) -> str:
    """Name a relation by its label: the price of a wine and of a phone are asked for alike."""
    return relation.property.labels["en"][0].casefold()


def _other(language: Language) -> Language:
    return "en" if language == "zh" else "zh"
