"""Edit the knowledge of an assistant that answers all the while: does the next answer follow, every time?"""

import hashlib
import itertools
import json
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from limbeck.bundle.assistant import Assistant, open_bundle
from limbeck.bundle.manifest import KNOWLEDGE
from limbeck.bundle.reply import Reply
from limbeck.knowledge.base import KnowledgeBase

_PROPERTIES = ("capital", "currency", "calling_code", "demonym")
_ASK = {"en": "What is the {property} of {subject}?", "zh": "{subject}的{property}是什么？"}
_LOG = frozenset({"log", "sqlite_sequence"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about one fact, and how subject and property are called in it."""

    subject: str
    property_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """How many rounds of each kind the next answer followed, what went wrong, and whether undo restored the tables."""

    edits: int
    deletions: int
    removals: int
    wrong: tuple[str, ...]
    is_restored: bool


def follow(bundle: Path, questions: Path, work: Path, *, facts: int = 200, pages: int = 50) -> Followed:
    """Edit `facts` values, delete `facts` others, and remove the pages behind `pages` answers, asking after each.

    Every round is undone before the next; at last the tables are compared with those before the first.
    """
    copy = Path(shutil.copytree(bundle, work / "live"))
    before = tables_digest(copy / KNOWLEDGE)
    with ExitStack() as opened:
        assistant = opened.enter_context(open_bundle(copy))
        editor = opened.enter_context(KnowledgeBase.open(copy / KNOWLEDGE, writable=True))
        rounds = _Rounds(assistant, editor)
        asked = list(itertools.islice(_questions(editor), 2 * facts))
        edits = sum(rounds.edit(one, f"Newtown {number}") for number, one in enumerate(asked[:facts]))
        deletions = sum(rounds.delete(one) for one in asked[facts:])
        answered = itertools.islice(rounds.about_pages(_texts(questions)), pages)
        removals = sum(rounds.remove(text, sources) for text, sources in answered)
    return Followed(
        edits=edits,
        deletions=deletions,
        removals=removals,
        wrong=tuple(rounds.wrong),
        is_restored=tables_digest(copy / KNOWLEDGE) == before,
    )


class _Rounds:
    def __init__(self, assistant: Assistant, editor: KnowledgeBase) -> None:
        self._assistant = assistant
        self._editor = editor
        self.wrong: list[str] = []

    def edit(self, asked: Asked, value: str) -> bool:
        """Set a value: the next answer must hold it, cited."""
        self._editor.set(asked.subject, asked.property_id, value)
        reply = self._ask(asked.text)
        self._editor.undo()
        return self._judge("edit", asked.text, reply, value in reply.answer.text and bool(reply.answer.citations))

    def delete(self, asked: Asked) -> bool:
        """Delete a fact: the next answer must be a refusal."""
        self._editor.delete(asked.subject, asked.property_id)
        reply = self._ask(asked.text)
        self._editor.undo()
        return self._judge("delete", asked.text, reply, reply.answer.refused)

    def remove(self, text: str, sources: Sequence[str]) -> bool:
        """Remove a page in both languages: the next answer must be a refusal."""
        for source in sources:
            self._editor.delete_source(source)
        reply = self._ask(text)
        self._editor.undo(len(sources))
        return self._judge("remove", text, reply, reply.answer.refused)

    def about_pages(self, texts: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield questions that a page answers, and the pages to take away, again and again."""
        known = {row[0] for row in self._editor._connection.execute("SELECT name FROM source")}
        pages = []
        for text in texts:
            answer = self._ask(text).answer
            names = {citation.source for citation in answer.citations if citation.span}
            pages.append((text, tuple(sorted(known & {each for name in names for each in _both(name)}))))
        return itertools.cycle([(text, names) for text, names in pages if names])

    def _ask(self, text: str) -> Reply:
        return self._assistant.ask(text)

    def _judge(self, kind: str, text: str, reply: Reply, is_right: bool) -> bool:
        if not is_right:
            self.wrong.append(f"{kind}: {text} | {reply.answer.text}")
        return is_right


def tables_digest(path: Path) -> str:
    """Return a digest of every row of every table but the log, which keeps what was taken back."""
    with closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        digest = hashlib.sha256()
        for name in sorted(set(names) - _LOG):
            digest.update(name.encode())
            for row in sorted(map(repr, connection.execute(f"SELECT * FROM {name}"))):
                digest.update(row.encode())
        return digest.hexdigest()


def _questions(base: KnowledgeBase) -> Iterator[Asked]:
    """Yield questions for facts, property by property, in the two languages by turns."""
    called = {known.id: known.labels for known in base.schema().properties}
    there = {(fact.subject.label, fact.property.id) for fact in base.facts().facts}
    for number, (name, label) in enumerate(itertools.product(_PROPERTIES, sorted({one for one, _ in there}, key=str))):
        language = ("en", "zh")[number % 2]
        if (label, name) in there:
            text = _ASK[language].format(property=called[name][language][0], subject=label.get(language))
            yield Asked(label.en, name, text)


def _texts(questions: Path) -> list[str]:
    """Return the questions about pages."""
    rows = [json.loads(line) for line in questions.read_text(encoding="utf-8").splitlines()]
    return [row["question"] for row in rows if "-handbook-" in row["id"] and not row.get("history")]


def _both(name: str) -> tuple[str, str]:
    """Return a page's name and that of its other language."""
    stem = name.removesuffix(".md").removesuffix(".zh")
    return f"{stem}.md", f"{stem}.zh.md"
