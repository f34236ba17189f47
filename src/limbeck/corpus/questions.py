"""Questions to learn from, written out of a table's schema and the built-in wording bank.

Every question knows its answer's place, so that labels cost nothing: the subject and property of a
fact, the page and heading of a passage, or nothing at all (it must be refused).
"""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from limbeck.corpus.language import LANGUAGES, Language
from limbeck.corpus.schema import FOLDS, Property, Schema
from limbeck.corpus.wording_bank import in_fold, read_frames, unknown_phrases

VALUE = "⟨value⟩"
"""Stands in an inverse question for the value, which only the knowledge base knows."""

OTHER_VALUE = "⟨{}⟩"
"""Stands in a question for the value that its subject has for another property, by that property's id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question, the turns before it, and where its answer stands; empty places mean refuse.

    also: further (subject, property) pairs that a whole answer needs.
    value: how the question names a value, once the knowledge base has told it.
    fold: which of a property's wordings it may be written in; search that is to be practised knows the others.
    """

    text: str
    language: Language
    kind: str
    history: tuple[str, ...] = ()
    subject: str = ""
    property_id: str = ""
    also: tuple[tuple[str, str], ...] = ()
    page: str = ""
    heading: str = ""
    fold: int = 0
    value: str = ""


def write_questions(schema: Schema, *, count: int, seed: int) -> list[Question]:
    """Draw `count` questions about a schema, both languages alike, deterministic for a seed."""
    rng = random.Random(seed)
    writers = {language: _Writer(schema, language, rng) for language in LANGUAGES}
    kinds: list[str] = list(_SHARES)
    drawn = rng.choices(kinds, weights=[_SHARES[kind] for kind in kinds], k=count)
    return [writers[LANGUAGES[n % 2]].write(kind) for n, kind in enumerate(drawn)]


def save_questions(questions: Sequence[Question], path: Path) -> None:
    """Write one question a line."""
    lines = (json.dumps(asdict(question), ensure_ascii=False, sort_keys=True) for question in questions)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def load_questions(path: Path) -> list[Question]:
    """Read what `save_questions` wrote."""
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [Question(**{**row, "history": tuple(row["history"]), "also": _pairs(row["also"])}) for row in rows]


_UNMARKED, _LOWER, _WRAPPED, _REFERRING = 0.15, 0.12, 0.15, 0.5
_ANY_KIND = (("entry", "条目"),)
_SHARES = {
    "fact": 42,
    "follow property": 12,
    "follow subject": 5,
    "inverse": 11,
    "unknown property": 8,
    "unknown question": 9,
    "unknown subject": 7,
    "nested": 10,
    "bare subject": 1,
    "off topic": 4,
    "follow unknown": 4,
    "two subjects": 3,
    "two properties": 3,
}


class _Writer:
    """Fill the frames of one language from one schema."""

    def __init__(self, schema: Schema, language: Language, rng: random.Random) -> None:
        self._schema = schema
        self._language = language
        self._rng = rng
        self._fold = 0
        self._frames = read_frames(language)
        self._unknown = unknown_phrases(schema.properties, language)
        self._kinds: dict[str, Callable[[], Question]] = {
            "fact": self._fact,
            "follow property": self._follow_property,
            "follow subject": self._follow_subject,
            "inverse": self._inverse,
            "unknown property": self._unknown_property,
            "unknown subject": self._unknown_subject,
            "nested": self._nested,
            "bare subject": self._bare_subject,
            "off topic": self._off_topic,
            "unknown question": self._unknown_question,
            "follow unknown": self._follow_unknown,
            "two subjects": self._two_subjects,
            "two properties": self._two_properties,
        }

    def write(self, kind: str) -> Question:
        """Write one question of a kind, some of them the way people type: wrapped, no capital, no closing mark."""
        self._fold = self._rng.randrange(FOLDS)
        question = self._kinds[kind]()
        text = question.text
        if self._rng.random() < _UNMARKED:
            text = text.rstrip("?？.。!！")
        if self._language == "en" and self._rng.random() < _LOWER:
            text = text[:1].lower() + text[1:]
        if self._rng.random() < _WRAPPED and not question.history:
            text = self._pick(self._frames.wrap).format(question=text)
        return replace(question, text=text, fold=self._fold)

    def _question(
        self, text: str, kind: str, **places: str | tuple[str, ...] | tuple[tuple[str, str], ...]
    ) -> Question:
        return Question(text=text, language=self._language, kind=kind, **places)  # type: ignore[arg-type]

    def _pick(self, choices: Sequence[str]) -> str:
        return self._rng.choice(choices)

    def _pick_in_fold(self, lines: Sequence[str]) -> str:
        """Pick a line that search, which is to be practised, does not know."""
        return self._pick(in_fold(lines, self._fold))

    def _entity(self) -> tuple[str, str]:
        en, zh = self._rng.choice(self._schema.entities)
        return en, zh if self._language == "zh" else en

    def _property(self) -> Property:
        return self._rng.choice(self._schema.properties)

    def _name(self, asked: Property) -> str:
        labels = asked.labels[self._language]
        return labels[0] if self._rng.random() < 0.4 else self._pick(labels)

    def _asked(self, asked: Property, shown: str) -> str:
        if self._wordings(asked) and self._rng.random() < 0.5:
            return self._worded(asked, shown)
        return self._pick_in_fold(self._frames.ask).format(property=self._name(asked), subject=shown)

    def _worded(self, asked: Property, shown: str) -> str:
        others = {each.id: OTHER_VALUE.format(each.id) for each in self._schema.properties}
        return self._pick(self._wordings(asked)).format(**{**others, "subject": shown})

    def _wordings(self, asked: Property) -> Sequence[str]:
        return asked.in_fold(self._language, self._fold)

    def _pronoun(self) -> str:
        return self._pick(self._frames.pronoun).format(kind=self._kind())

    def _fact(self) -> Question:
        subject, shown = self._entity()
        asked = self._property()
        return self._question(self._asked(asked, shown), "fact", subject=subject, property_id=asked.id)

    def _earlier(self, shown: str) -> tuple[str, ...]:
        first = self._property()
        question = self._asked(first, shown)
        answer = first.answer[self._language].format(subject=shown, value="…")
        return (question, answer) if self._rng.random() < 0.5 else (question,)

    def _follow_property(self) -> Question:
        subject, shown = self._entity()
        asked = self._property()
        if self._wordings(asked) and self._rng.random() < _REFERRING:
            text = self._worded(asked, self._pronoun())
        else:
            text = self._pick_in_fold(self._frames.follow_property).format(property=self._name(asked))
        places = {"subject": subject, "property_id": asked.id}
        return self._question(text, "follow property", history=self._earlier(shown), **places)

    def _follow_subject(self) -> Question:
        before, (subject, shown), asked = self._entity(), self._entity(), self._property()
        earlier = self._pick_in_fold(self._frames.ask).format(property=self._name(asked), subject=before[1])
        text = self._pick(self._frames.follow_subject).format(subject=shown)
        return self._question(text, "follow subject", history=(earlier,), subject=subject, property_id=asked.id)

    def _follow_unknown(self) -> Question:
        text = self._pick_in_fold(self._frames.follow_property).format(property=self._pick_in_fold(self._unknown))
        if self._rng.random() < _REFERRING:
            text = self._pick_in_fold(self._frames.unknown_question).format(subject=self._pronoun())
        elif self._rng.random() < 0.4:
            name = self._pick(self._frames.invented)
            text = self._pick_in_fold(self._frames.ask).format(property=self._name(self._property()), subject=name)
        return self._question(text, "follow unknown", history=self._earlier(self._entity()[1]))

    def _inverse(self) -> Question:
        subject, _ = self._entity()
        asked = self._property()
        fill = {"property": self._name(asked), "kind": self._kind(), "value": VALUE}
        text = self._pick(self._frames.inverse).format(**fill)
        return self._question(text, "inverse", subject=subject, property_id=asked.id)

    def _two_subjects(self) -> Question:
        (subject, shown), (other, other_shown), asked = self._entity(), self._entity(), self._property()
        fill = {"property": self._name(asked), "subject": shown, "other": other_shown}
        text = self._pick(self._frames.two_subjects).format(**fill)
        also = ((other, asked.id),)
        return self._question(text, "two subjects", subject=subject, property_id=asked.id, also=also)

    def _two_properties(self) -> Question:
        (subject, shown), asked, second = self._entity(), self._property(), self._property()
        fill = {"property": self._name(asked), "second": self._name(second), "subject": shown}
        text = self._pick(self._frames.two_properties).format(**fill)
        also = ((subject, second.id),)
        return self._question(text, "two properties", subject=subject, property_id=asked.id, also=also)

    def _kind(self) -> str:
        en, zh = self._rng.choice(self._schema.kinds or _ANY_KIND)
        return zh if self._language == "zh" else en

    def _unknown_property(self) -> Question:
        fill = {"property": self._pick_in_fold(self._unknown), "subject": self._entity()[1]}
        return self._question(self._pick_in_fold(self._frames.ask).format(**fill), "unknown property")

    def _unknown_subject(self) -> Question:
        return self._question(self._asked(self._property(), self._pick(self._frames.invented)), "unknown subject")

    def _nested(self) -> Question:
        fill = {"unknown": self._pick_in_fold(self._unknown), "property": self._name(self._property())}
        text = self._pick_in_fold(self._frames.nested).format(subject=self._entity()[1], **fill)
        return self._question(text, "nested")

    def _bare_subject(self) -> Question:
        return self._question(self._entity()[1], "bare subject")

    def _unknown_question(self) -> Question:
        text = self._pick_in_fold(self._frames.unknown_question).format(subject=self._entity()[1])
        return self._question(text, "unknown question")

    def _off_topic(self) -> Question:
        return self._question(self._pick_in_fold(self._frames.off_topic), "off topic")


def _pairs(listed: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((subject, property_id) for subject, property_id in listed)
