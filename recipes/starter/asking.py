"""Questions about an invented world, worded by people and marked with where their answers stand."""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from bank import Domain, Relation
from worlds import Table, World, property_id

from limbeck.corpus.language import LANGUAGES, Language
from limbeck.corpus.questions import VALUE, Question
from limbeck.corpus.schema import Names
from limbeck.corpus.wording_bank import read_frames

SHARES = {
    "fact": 38,
    "passage": 24,
    "no passage": 7,
    "absent": 9,
    "unanswered": 6,
    "elsewhere": 3,
    "unknown subject": 5,
    "follow property": 11,
    "follow subject": 5,
    "follow absent": 3,
    "inverse": 5,
    "two subjects": 4,
    "two properties": 4,
    "nested": 2,
    "off topic": 3,
}
"""How often each kind of question is asked."""

_WORDED, _UNMARKED, _LOWER, _WRAPPED, _MISTYPED, _MENTIONED, _REMEMBERED = 0.8, 0.15, 0.12, 0.1, 0.06, 0.12, 0.4
_SHARED_VALUES = frozenset({"word", "list", "text", "yesno"})
_PRONOUNS = {
    "en": (("{subject}'s", "its"), ("{subject}", "it")),
    "zh": (("{subject}的", "它的"), ("{subject}", "它")),
}
_MENTIONS = {
    "en": ("I am off to {subject}. {question}", "About {subject}: {question}", "{question} It is for {subject}."),
    "zh": ("我要去{subject}。{question}", "关于{subject}：{question}", "{question}是{subject}那边用的"),
}


class Asker:
    """Ask about one world; deterministic for its random state. `domains` are those whose wordings may go astray."""

    def __init__(self, world: World, domains: Sequence[Domain], rng: random.Random) -> None:
        self._world = world
        self._domains = domains
        self._rng = rng
        self._language: Language = "en"
        self._frames = {language: read_frames(language) for language in LANGUAGES}
        self._kinds: dict[str, Callable[[Table], Question | None]] = {
            "fact": self._fact,
            "passage": self._passage,
            "no passage": self._no_passage,
            "absent": self._absent,
            "unanswered": self._unanswered,
            "elsewhere": self._elsewhere,
            "unknown subject": self._unknown_subject,
            "follow property": self._follow_property,
            "follow subject": self._follow_subject,
            "follow absent": self._follow_absent,
            "inverse": self._inverse,
            "two subjects": self._two_subjects,
            "two properties": self._two_properties,
            "nested": self._nested,
            "off topic": lambda table: self._question(self._pick(self._frame.off_topic)),
        }

    def ask(self, count: int, shares: dict[str, int] = SHARES) -> Iterator[Question]:
        """Yield about `count` questions, both languages alike."""
        kinds = self._rng.choices(list(shares), weights=list(shares.values()), k=count)
        for number, kind in enumerate(kinds):
            self._language = LANGUAGES[number % 2]
            question = self._kinds[kind](self._pick(self._world.tables))
            if question is not None:
                yield self._as_typed(replace(question, kind=kind))

    @property
    def _frame(self):  # type: ignore[no-untyped-def]
        return self._frames[self._language]

    def _pick(self, choices: Sequence):  # type: ignore[no-untyped-def, type-arg]
        return self._rng.choice(choices)

    def _shown(self, names: Names) -> str:
        return names[LANGUAGES.index(self._language)]

    def _question(self, text: str, **places: object) -> Question:
        return Question(text=text, language=self._language, kind="", **places)  # type: ignore[arg-type]

    def _label(self, relation: Relation) -> str:
        labels = relation.property.labels[self._language]
        return labels[0] if self._rng.random() < 0.5 else self._pick(labels)

    def _wording(self, table: Table, relation: Relation) -> str:
        """Return a way to ask for a relation, with {subject} in it."""
        own = self._world.asked.get(property_id(table.domain, relation), relation.property.questions)[self._language]
        if own and self._rng.random() < _WORDED:
            return self._mistyped(self._pick(own))
        return self._pick(self._frame.ask).replace("{property}", self._label(relation))

    def _about(self, table: Table, relation: Relation, subject: Names) -> dict[str, str]:
        return {"subject": subject[0], "property_id": property_id(table.domain, relation)}

    def _fact(self, table: Table) -> Question:
        relation, subject = self._pick(table.present), self._pick(table.subjects)
        text = self._wording(table, relation).replace("{subject}", self._shown(subject))
        return self._question(text, **self._about(table, relation, subject))

    def _absent(self, table: Table) -> Question | None:
        if not table.absent:
            return None
        text = self._wording(table, self._pick(table.absent))
        return self._question(text.replace("{subject}", self._shown(self._pick(table.subjects))))

    def _unanswered(self, table: Table) -> Question:
        text = self._mistyped(self._pick(table.domain.unanswered[self._language]))
        return self._question(text.replace("{subject}", self._shown(self._pick(table.subjects))))

    def _elsewhere(self, table: Table) -> Question | None:
        """Ask of a subject what only another kind of subject has."""
        other = self._pick(self._domains)
        relation = self._pick(other.relations)
        if other.name in {each.domain.name for each in self._world.tables} or self._is_like_one(relation, table):
            return None
        text = self._pick(relation.property.questions[self._language])
        return self._question(text.replace("{subject}", self._shown(self._pick(table.subjects))))

    def _is_like_one(self, relation: Relation, table: Table) -> bool:
        """Tell whether a relation shares a word of its names, or the kind of its values, with one of the table's."""
        known = {word for each in table.present for word in _name_words(each)}
        return not known.isdisjoint(_name_words(relation)) or relation.values in {each.values for each in table.present}

    def _unknown_subject(self, table: Table) -> Question:
        name = self._shown(self._world.inventor.subject(table.domain.kind))
        return self._question(self._wording(table, self._pick(table.present)).replace("{subject}", name))

    def _earlier(self, table: Table, subject: Names) -> tuple[str, ...]:
        relation = self._pick(table.present)
        question = self._wording(table, relation).replace("{subject}", self._shown(subject))
        form = relation.property.answer[self._language]
        return (question, form.format(subject=self._shown(subject), value="…"))[: self._pick((1, 2))]

    def _following(self, table: Table, relation: Relation) -> str:
        if self._rng.random() < 0.5:
            return str(self._pick(self._frame.follow_property).format(property=self._label(relation)))
        text = self._wording(table, relation)
        for name, pronoun in _PRONOUNS[self._language]:
            text = text.replace(name, pronoun)
        return text[:1].upper() + text[1:]

    def _follow_property(self, table: Table) -> Question:
        relation, subject = self._pick(table.present), self._pick(table.subjects)
        history = self._earlier(table, subject)
        return self._question(
            self._following(table, relation), history=history, **self._about(table, relation, subject)
        )

    def _follow_absent(self, table: Table) -> Question | None:
        if not table.absent:
            return None
        history = self._earlier(table, self._pick(table.subjects))
        return self._question(self._following(table, self._pick(table.absent)), history=history)

    def _follow_subject(self, table: Table) -> Question:
        relation, before, subject = self._pick(table.present), self._pick(table.subjects), self._pick(table.subjects)
        asked = self._pick(self._frame.ask).format(property=self._label(relation), subject=self._shown(before))
        text = self._pick(self._frame.follow_subject).format(subject=self._shown(subject))
        return self._question(text, history=(asked,), **self._about(table, relation, subject))

    def _inverse(self, table: Table) -> Question | None:
        telling = [relation for relation in table.present if relation.values not in _SHARED_VALUES]
        if not telling:
            return None
        relation, subject = self._pick(telling), self._pick(table.subjects)
        kind, value = self._shown(table.domain.kind), self._part(self._value(table, relation, subject))
        text = self._pick(self._frame.inverse).format(property=self._label(relation), kind=kind, value=value)
        return self._question(text, **self._about(table, relation, subject))

    def _value(self, table: Table, relation: Relation, subject: Names) -> str:
        rows = self._world.base.search(subject[0])
        wanted = property_id(table.domain, relation)
        return next((row.value.get(self._language) for row in rows if row.property_id == wanted), VALUE)

    def _part(self, value: str) -> str:
        """Return a value as people remember it: now and then one word of several."""
        words = [word for word in value.split() if len(word) > 3]
        return self._pick(words) if len(words) > 1 and self._rng.random() < _REMEMBERED else value

    def _two_subjects(self, table: Table) -> Question:
        relation, (subject, other) = self._pick(table.present), self._rng.sample(table.subjects, 2)
        fill = {"property": self._label(relation), "subject": self._shown(subject), "other": self._shown(other)}
        also = ((other[0], property_id(table.domain, relation)),)
        text = self._pick(self._frame.two_subjects).format(**fill)
        return self._question(text, also=also, **self._about(table, relation, subject))

    def _two_properties(self, table: Table) -> Question:
        (relation, second), subject = self._rng.sample(table.present, 2), self._pick(table.subjects)
        fill = {"property": self._label(relation), "second": self._label(second), "subject": self._shown(subject)}
        also = ((subject[0], property_id(table.domain, second)),)
        text = self._pick(self._frame.two_properties).format(**fill)
        return self._question(text, also=also, **self._about(table, relation, subject))

    def _nested(self, table: Table) -> Question | None:
        if not table.absent:
            return None
        unknown, asked = self._label(self._pick(table.absent)), self._label(self._pick(table.present))
        subject = self._shown(self._pick(table.subjects))
        text = self._pick([frame for frame in self._frame.nested if "{unknown}" in frame])
        return self._question(text.format(unknown=unknown, property=asked, subject=subject))

    def _page(self) -> str | None:
        names = [name for name, page in self._world.pages.items() if page.language == self._language]
        return self._pick(names) if names else None

    def _passage(self, table: Table) -> Question | None:
        name = self._page()
        if name is None:
            return None
        section = self._pick(self._world.pages[name].sections)
        text = self._mentioning(self._mistyped(self._pick(section.questions)), table)
        return self._question(text, page=name, heading=section.heading)

    def _no_passage(self, table: Table) -> Question | None:
        name = self._page()
        if name is None:
            return None
        return self._question(self._mentioning(self._mistyped(self._pick(self._world.pages[name].unanswered)), table))

    def _mentioning(self, question: str, table: Table) -> str:
        """Name a subject beside a question that is not about it, now and then."""
        if self._rng.random() >= _MENTIONED:
            return question
        form = self._pick(_MENTIONS[self._language])
        return str(form.format(subject=self._shown(self._pick(table.subjects)), question=question))

    def _mistyped(self, text: str) -> str:
        """Swap two letters of a word, now and then."""
        words = [match for match in re.finditer(r"(?<![{\w])[A-Za-z]{5,}(?![}\w])", text)]
        if not words or self._rng.random() >= _MISTYPED:
            return text
        at = self._pick(words).start() + self._rng.randrange(1, 4)
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]

    def _as_typed(self, question: Question) -> Question:
        text = question.text
        if self._rng.random() < _UNMARKED:
            text = text.rstrip("?？.。!！")
        if question.language == "en" and self._rng.random() < _LOWER:
            text = text[:1].lower() + text[1:]
        if self._rng.random() < _WRAPPED and not question.history:
            text = self._pick(self._frame.wrap).format(question=text)
        return replace(question, text=text)


def _name_words(relation: Relation) -> set[str]:
    return {word for labels in relation.property.labels.values() for label in labels for word in label.lower().split()}
