"""Read a file of questions: one JSON object a line, every problem reported at once."""

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from limbeck.bundle.turn import Turn
from limbeck.core.errors import LimbeckError
from limbeck.corpus.language import language_of

_KEYS = ("question", "answers", "history", "id", "kind", "language")
_EXAMPLE = '{"question": "What is the capital of Chad?", "answers": ["N\'Djamena"]}'
_MAX_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question with the answers that count; none of them means it must be refused."""

    id: str
    text: str
    answers: tuple[str, ...]
    history: tuple[Turn, ...] = ()
    language: str
    kind: str = ""

    @property
    def is_answerable(self) -> bool:
        """Tell whether there is an answer to find."""
        return bool(self.answers)


def read_questions(path: Path) -> tuple[Question, ...]:
    """Read every question of a JSON Lines file; blank lines are skipped, other keys ignored.

    Raises: LimbeckError: unreadable, empty, or lines that are wrong, all of them with their numbers.
    """
    questions: list[Question] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        found, wrong = _read_line(line, number)
        if found and (first := seen.setdefault(found.id, number)) != number:
            wrong = [f"id {found.id!r} is that of line {first} too"]
        problems += [f"line {number}: {problem}" for problem in wrong]
        questions += [found] if found else []
    if problems:
        _refuse(path, problems)
    if not questions:
        raise LimbeckError("the file holds no question", where=str(path), fix=f"write lines such as {_EXAMPLE}")
    return tuple(questions)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise LimbeckError(
            f"the questions are not UTF-8 at byte {error.start}", where=f"{path}:{line}", fix="save the file as UTF-8"
        ) from None
    except OSError as error:
        what = f"cannot read the questions: {error.strerror}"
        raise LimbeckError(what, where=str(path), fix="check the path") from None


def _refuse(path: Path, problems: list[str]) -> None:
    shown = problems[:_MAX_SHOWN] + ([f"and {len(problems) - _MAX_SHOWN} more"] if len(problems) > _MAX_SHOWN else [])
    lines = "\n  ".join(shown)
    noun = "problem" if len(problems) == 1 else "problems"
    where = f"{path}:{problems[0].split(':')[0].removeprefix('line ')}"
    what = f"{len(problems)} {noun} in the questions:\n  {lines}"
    raise LimbeckError(what, where=where, fix=f"write lines such as {_EXAMPLE}")


def _read_line(line: str, number: int) -> tuple[Question | None, list[str]]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        return None, [f"not JSON: {error}"]
    if not isinstance(record, dict):
        return None, [f"a {type(record).__name__} instead of an object"]
    problems = [*_misspelt(record), *_wrong_fields(record)]
    history = _history(record.get("history") or [], problems)
    if problems:
        return None, problems
    text = record["question"]
    return Question(
        id=str(record.get("id", f"line {number}")),
        text=text,
        answers=tuple(str(answer).strip() for answer in record["answers"]),
        history=history,
        language=record.get("language") or language_of(text),
        kind=record.get("kind") or "",
    ), []


def _misspelt(record: Mapping[str, object]) -> Iterator[str]:
    for key in record.keys() - set(_KEYS):
        near = [name for name in difflib.get_close_matches(key, _KEYS, n=1, cutoff=0.75) if name not in record]
        if near:
            yield f"unknown key {key!r}; did you mean {near[0]!r}?"


def _wrong_fields(record: Mapping[str, object]) -> Iterator[str]:
    question, answers = record.get("question"), record.get("answers")
    if not isinstance(question, str) or not question.strip():
        yield f"'question' must be text, not {question!r}" if "question" in record else "'question' is missing"
    if "answers" not in record:
        yield "'answers' is missing; an empty list means that it must be refused"
    elif not isinstance(answers, list):
        yield f"'answers' must be a list, not {answers!r}"
    else:
        yield from (f"'answers' holds {wrong!r}, which is not a text" for wrong in answers if not _is_answer(wrong))
    for key in ("kind", "language"):
        if not isinstance(record.get(key, ""), str | None):
            yield f"{key!r} must be text, not {record[key]!r}"
    if not isinstance(record.get("id", ""), str | int):
        yield f"'id' must be text or a number, not {record['id']!r}"


def _is_answer(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number or (isinstance(value, str) and bool(value.strip()))


def _history(items: object, problems: list[str]) -> tuple[Turn, ...]:
    """Read earlier turns written as texts (questions), as question and answer, or as roles."""
    if not isinstance(items, list):
        problems.append(f"'history' must be a list, not {items!r}")
        return ()
    turns: list[Turn] = []
    for item in items:
        fields = {"question": item} if isinstance(item, str) else item
        if not _add_turn(turns, fields):
            problems.append(f"'history' holds {item!r}; write a text, question and answer, or role and content")
    return tuple(turns)


def _add_turn(turns: list[Turn], fields: object) -> bool:
    if not isinstance(fields, dict) or not all(isinstance(value, str) for value in fields.values()):
        return False
    role, content = fields.get("role"), fields.get("content")
    if role in ("assistant", "bot") and content is not None:
        if turns:
            turns[-1] = Turn(question=turns[-1].question, answer=content)
        return True
    if role == "system":
        return True
    asked = content if role == "user" else fields.get("question")
    if asked is None:
        return False
    turns.append(Turn(question=asked, answer=fields.get("answer", "")))
    return True
