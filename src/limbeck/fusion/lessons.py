"""From questions to reading lessons: each is searched as it will be in use, then labelled for free.

The evidence comes from the real search over the user's facts and, for passages, over a built-in
practice handbook: the user's own pages stay unseen, so editing one never calls for training.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol

from limbeck.corpus.language import Language
from limbeck.corpus.questions import OTHER_VALUE, VALUE, Question
from limbeck.fusion.answer import JOINER, PASSAGE_FORM, referring
from limbeck.fusion.blur import Blur
from limbeck.fusion.prompt import NONE, reference, worth_reading, write_prompt
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.evidence import Evidence, Label
from limbeck.knowledge.fact_rows import FactTable
from limbeck.knowledge.text import key

_ROW_END = re.compile(r"⟦\d+⟧$", re.MULTILINE)
_ABOUT_PASSAGES = ("passage", "no passage")
_VALUE = re.compile(OTHER_VALUE.format("([^⟨⟩]+)"))
_OWN = VALUE.strip("⟨⟩")
_TOO_NEAR = 0.2
_BY_LAST_WORD = 0.3
_ONE_IN = 8
"""With each question asked again without its passage, a network refuses what it should answer."""
_LINKED_PASSAGES, _LOOSE_FACTS, _LOOSE_PASSAGES = 2, 3, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingLesson:
    """A prompt, the answer to learn, and which of the prompt's rows it rests on."""

    prompt: str
    answer: str
    matches: tuple[bool, ...]
    kind: str
    language: Language


Values = Mapping[tuple[str, str], Sequence[Label]]
"""Values by the English name of a subject and the id of a property."""


class Search(Protocol):
    """How evidence is found: as it will be in use."""

    def __call__(self, question: str, history: Sequence[str] = ()) -> tuple[Evidence, ...]:
        """Find the rows a question may be about."""


class Classroom:
    """Write lessons from what a search finds.

    searches: for each fold of wordings, the search that has never seen it.
    values: what each subject, by its English name, has for each property.
    answers: the sentence that tells a property, by its id and language.
    near_misses: keep questions that a passage nearly answers; telling them apart needs a network that reads.
    """

    def __init__(
        self,
        searches: Sequence[Search],
        values: Values,
        answers: Mapping[str, Mapping[str, str]],
        blur: Blur,
        *,
        near_misses: bool = False,
    ) -> None:
        self._searches = searches
        self._values = values
        self._answers = answers
        self._blur = blur
        self._near_misses = near_misses
        self.waterfall: Counter[str] = Counter()

    def lessons(self, questions: Iterable[Question]) -> Iterator[ReadingLesson]:
        """Yield a lesson for each question whose answer search can find; count the others."""
        for asked in questions:
            question = self._with_value(asked)
            if question is None:
                self.waterfall[f"dropped: no value to name ({asked.kind})"] += 1
                continue
            evidence = worth_reading(self._searches[question.fold](question.text, question.history))
            if not evidence:
                self.waterfall["dropped: nothing to read"] += 1
                continue
            if _wanted(question) > sum(_holds(row, question) for row in evidence):
                self.waterfall[f"dropped: search missed ({question.kind})"] += 1
                continue
            if question.kind == "inverse" and _num_holders(evidence, question) > 1:
                self.waterfall["dropped: several answers (inverse)"] += 1
                continue
            if question.kind == "no passage" and self._is_near(evidence):
                self.waterfall["dropped: too near to tell"] += 1
                continue
            self.waterfall[f"kept: {question.kind}"] += 1
            yield self._lesson(question, evidence)
            others = [row for row in evidence if not _holds(row, question)]
            if others and question.heading and _is_drawn(question) and not self._is_near(others):
                # the same question without its passage: what is not there must be refused
                yield self._lesson(question, others)

    def _lesson(self, question: Question, evidence: Sequence[Evidence]) -> ReadingLesson:
        matches = tuple(_holds(row, question) for row in evidence)
        prompt = write_prompt(question.text, evidence, question.language)
        asked, _, rows = prompt.partition("\n")
        if question.kind in _ABOUT_PASSAGES:
            # the practice handbook's words mean nothing in the user's: blur its rows too
            blurred = self._blur(prompt, question.language)
        else:
            blurred = "\n".join(filter(None, (self._blur(asked, question.language), rows)))
        return ReadingLesson(
            prompt=blurred,
            answer=self._answer(evidence, matches, question.language),
            matches=matches,
            kind=question.kind,
            language=question.language,
        )

    def _with_value(self, question: Question) -> Question | None:
        """Put the real values into a question that names some; None where there is none to name."""
        named = set(_VALUE.findall(question.text))
        if not named:
            return question
        own = self._value(question, question.property_id)
        values = {each: own if each == _OWN else self._value(question, each) for each in named}
        if not all(values.values()):
            return None
        return replace(question, text=_VALUE.sub(lambda match: values[match[1]], question.text), value=own)

    def _value(self, question: Question, property_id: str) -> str:
        """Return how a question names a value: one of several, and some by their last word alone, as people do."""
        draw = zlib.crc32(f"{question.text} {question.subject}".encode())
        each = self._values.get((question.subject, property_id), ())
        if not each:
            return ""
        chosen = each[draw % len(each)].get(question.language)
        return chosen.split()[-1] if chosen and draw % 97 < _BY_LAST_WORD * 97 else chosen

    def _answer(self, evidence: Sequence[Evidence], matches: Sequence[bool], language: Language) -> str:
        numbers = [number for number, matched in enumerate(matches, start=1) if matched]
        if not numbers:
            return NONE
        if evidence[numbers[0] - 1].kind == "passage":
            numbers = numbers[:1]
        forms = {number: answer_form(evidence[number - 1], self._answers, language) for number in numbers}
        sentences = [referring(form, number) for number, form in forms.items()]
        return f"{''.join(map(reference, numbers))}\n{JOINER[language].join(sentences)}"

    def _is_near(self, evidence: Sequence[Evidence]) -> bool:
        """Tell whether a row shares so many words with the question that a small network could not refuse it."""
        return not self._near_misses and max((row.fit for row in evidence), default=0.0) >= _TOO_NEAR


def search_both(facts: KnowledgeBase, practice: KnowledgeBase) -> Search:
    """Search a user's facts, and a practice handbook in place of the pages that training must not see."""

    def search(question: str, history: Sequence[str] = ()) -> tuple[Evidence, ...]:
        found = [row for row in facts.search(question, history) if row.kind == "fact"]
        passages = [row for row in practice.search(question, history) if row.kind == "passage"]
        if any(row.link != "searched" or row.match == "named" for row in found):
            return (*found, *passages[:_LINKED_PASSAGES])
        return (*found[:_LOOSE_FACTS], *passages[:_LOOSE_PASSAGES])

    return search


def values_of(table: FactTable) -> Values:
    """Return the values of every fact, in the order of the table."""
    found: dict[tuple[str, str], list[Label]] = {}
    for row in table.facts:
        known = found.setdefault((row.subject.label.en, row.property.id), [])
        if row.shown not in known:
            known.append(row.shown)
    return found


def answer_form(row: Evidence, answers: Mapping[str, Mapping[str, str]], language: Language) -> str:
    """Return the sentence, with {subject} and {value}, that answers from a row."""
    return PASSAGE_FORM[language] if row.kind == "passage" else answers[row.property_id][language]


def row_ends(prompt: str, count: int) -> tuple[int, ...]:
    """Return the character offsets where the prompt's first `count` rows end."""
    return tuple(match.end() for match in islice(_ROW_END.finditer(prompt), count))


def _is_drawn(question: Question) -> bool:
    """Draw one question of a few, the same whatever stands before it."""
    return zlib.crc32(question.text.encode()) % _ONE_IN == 0


def _wanted(question: Question) -> int:
    """Return how many rows a whole answer rests on."""
    pairs = {(question.subject, question.property_id), *question.also} if question.property_id else set()
    return len(pairs) + bool(question.heading)


def _num_holders(evidence: Sequence[Evidence], question: Question) -> int:
    """Count the subjects found whose value of the property in question is the one named."""
    named = key(question.value)
    rows = (row for row in evidence if row.property_id == question.property_id)
    return sum(f" {named} " in f" {key(row.value.get(question.language))} " for row in rows)


def _holds(row: Evidence, question: Question) -> bool:
    if row.kind == "passage":
        page, heading = row.citation.source.rpartition("/")[2], row.property.get(question.language)
        return bool(question.heading) and page == question.page and heading == question.heading
    if question.kind == "follow subject" and row.match != "carried":
        return False
    return (row.subject.en, row.property_id) in {(question.subject, question.property_id), *question.also}
