"""The built-in practice handbook, and what is asked about it: by its own wordings, and what it does not answer."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from limbeck.corpus.language import LANGUAGES, Language
from limbeck.corpus.questions import Question
from limbeck.corpus.schema import FOLDS
from limbeck.knowledge.source import AskedRead, FileRead, Source, read_source


def practice_source() -> Source:
    """Return the pages as a source of knowledge."""
    folder = Path(str(files("limbeck.fusion") / "practice"))
    return Source(kind="markdown", location=folder, root=folder)


def practice_questions() -> list[Question]:
    """Read the questions about the pages, answerable and not."""
    return [question for language in LANGUAGES for question in (*_answered(language), *_unanswered(language))]


def _answered(language: Language) -> Iterator[Question]:
    """Yield every wording in its fold: the search of that fold does not know it."""
    page = ""
    folder = practice_source().location / language
    for record in read_source(Source(kind="markdown", location=folder, root=folder)):
        if isinstance(record, FileRead):
            page = record.path.name
        elif isinstance(record, AskedRead):
            for place, text in enumerate(record.texts):
                about = {"page": page, "heading": record.heading, "fold": place % FOLDS}
                yield Question(text=text, language=language, kind="passage", **about)  # type: ignore[arg-type]


def _unanswered(language: Language) -> Iterator[Question]:
    path = practice_source().location / f"unanswered.{language}.txt"
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines()):
        yield Question(text=text, language=language, kind="no passage", fold=number % FOLDS)
