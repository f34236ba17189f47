"""Questions with answers, from a table or Markdown: the question is the heading, its answer the text."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from limbeck.core.digest import digest_file
from limbeck.core.errors import SourceError
from limbeck.knowledge.decode import read_text
from limbeck.knowledge.outline import Block, read_outline
from limbeck.knowledge.passage import Span, chunk_of, passages, title_of, trim
from limbeck.knowledge.source import ChunkRead, FileRead, Record, find_files, left_out
from limbeck.knowledge.tables.read import read_tables
from limbeck.knowledge.tables.table import Table
from limbeck.knowledge.text import key, strip_controls

SHARED_ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson", ".xlsx", ".xlsm", ".parquet", ".md", ".markdown")
SIGNS = (
    r"""(?i)\A(?:[^\n]*[,;\t|])?\s*"?(?:question|问题)(?:_\w+)?"?\s*[,;\t|][^\n]*(?:answer|答案|回答)(?!s)""",
    r"""(?i)\A\s*\{[^\n]*"(?:question|问题)"\s*:[^\n]*"(?:answer|答案|回答)"\s*:""",
    r"""(?i)\A(?:\s|\#[^\n]*\n)*(?:\*\*)?(?:q|question|问题?)\s*[:：]""",
)
OPTIONS = ("question", "answer", "sheet")
HOLDS_FACTS = False
_COLUMNS = {"question": ("question", "问题", "问", "q"), "answer": ("answer", "答案", "回答", "答", "a")}
_QUESTION = re.compile(
    r"(?:#{1,6}\s+|\*\*)?(?:Q|Question|问题?)\s*\d*\s*[:：.、]\s*(.+?)\s*(?:\*\*)?\s*$", re.IGNORECASE
)
_ANSWER = re.compile(r"(?i)\s*(?:\*\*)?(?:A|Answer|答案?|回答)\s*\d*\s*[:：.、](?:\*\*)?\s*")
_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*\s*$")
_FENCE = re.compile(r"\s{0,3}(?:```|~~~)")
_LONGEST_QUESTION = 1000
_PARAGRAPH = re.compile(r"\S[^\n]*(?:\n[^\S\n]*\S[^\n]*)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    question: str
    answer: str
    place: str
    span: Span = (0, 0)


def read(location: Path, options: Mapping[str, object]) -> Iterator[Record]:
    """Read every file at a location; `question` and `answer` name the columns where they are called otherwise.

    Spans count characters of the decoded file for Markdown, of the pairs in order for a table.
    Raises: SourceError: no pairs, or a question with two answers.
    """
    for path in find_files(location, SHARED_ENDINGS):
        if path.suffix.lower() in (".md", ".markdown"):
            yield from _read_page(path)
        else:
            yield from _read_tables(path, options)


def _read_page(path: Path) -> Iterator[Record]:
    original = read_text(path)
    text = strip_controls(original.characters, " ")
    yield FileRead(path=path, digest=original.digest)
    title, found = _pairs_of_page(path, text)
    dropped: Counter[str] = Counter()
    for pair in _checked(path, found, dropped):
        blocks = [trim(text, *part.span()) for part in _PARAGRAPH.finditer(text, *pair.span)]
        for span in passages(text, blocks):
            yield chunk_of(text, span, title=title or title_of(path), heading=pair.question)
    yield from left_out(dropped)


def _read_tables(path: Path, options: Mapping[str, object]) -> Iterator[Record]:
    digest = digest_file(path)
    for table in read_tables(path, None if options.get("sheet") is None else str(options["sheet"])):
        yield FileRead(path=table.path, digest=digest)
        dropped = Counter(table.dropped)
        pairs = _checked(table.path, _pairs_of_table(table, options), dropped)
        yield from _chunks(pairs, title_of(path))
        yield from left_out(dropped)


def _chunks(pairs: Iterable[_Pair], title: str) -> Iterator[ChunkRead]:
    blocks = (block for pair in pairs for block in (Block(text=pair.question, level=2), Block(text=pair.answer)))
    yield from read_outline(blocks, title)


def _pairs_of_table(table: Table, options: Mapping[str, object]) -> Iterator[_Pair]:
    """Yield a pair a row, and a second where there is a `question_zh` beside `question`."""
    sides = [_column(table, name, options) for name in _COLUMNS]
    sets = [tuple(sides)]
    other = tuple(f"{side.removesuffix('_en')}_zh" for side in sides)
    if all(name in table.headers for name in other) and other != sets[0]:
        sets.append(other)
    for row in table.rows:
        for question, answer in sets:
            pair = (" ".join(row.cells[question].split()), row.cells[answer])
            yield _Pair(question=pair[0], answer=pair[1], place=table.place(row.line))


def _column(table: Table, name: str, options: Mapping[str, object]) -> str:
    given = options.get(name)
    wanted = (str(given),) if given is not None else (*_COLUMNS[name], f"{name}_en")
    lowered = {header.lower(): header for header in table.headers}
    found = next((lowered[each.lower()] for each in wanted if each.lower() in lowered), None)
    if found is None:
        what = f"no column {wanted[0]!r}; the table has: {', '.join(table.headers)}"
        raise SourceError(what, where=str(table.path), fix=f"name the column: {name} = {table.headers[0]!r}")
    return found


def _pairs_of_page(path: Path, text: str) -> tuple[str, list[_Pair]]:
    """Return the title, and what stands below each question up to the next heading or question."""
    title, question, place, start = "", "", "", 0
    found: list[_Pair] = []
    in_fence = False
    at = 0
    for number, line in enumerate(text.split("\n"), start=1):
        in_fence ^= bool(_FENCE.match(line))
        is_prose = in_fence or len(line) > _LONGEST_QUESTION
        heading = None if is_prose else _HEADING.match(line)
        asked = None if is_prose else _QUESTION.match(line)
        if heading or asked:
            found += [_pair(text, question, place, (start, at))] if question else []
            is_title = heading and not asked and len(heading[1]) == 1 and not title and not found and not question
            title, question = (heading[2], "") if heading and is_title else (title, _asked(asked, heading))
            place, start = f"{path}:{number}", at + len(line) + 1
        at += len(line) + 1
    found += [_pair(text, question, place, (start, len(text)))] if question else []
    return title, found


def _asked(asked: re.Match[str] | None, heading: re.Match[str] | None) -> str:
    return " ".join((asked[1] if asked else heading[2] if heading else "").split())


def _pair(text: str, question: str, place: str, span: Span) -> _Pair:
    start, stop = trim(text, *span) if span[0] < span[1] else (span[0], span[0])
    mark = _ANSWER.match(text, start, stop)
    start = mark.end() if mark else start
    return _Pair(question=question, answer=text[start:stop].strip(), place=place, span=(start, stop))


def _checked(path: Path, pairs: Iterable[_Pair], dropped: Counter[str]) -> list[_Pair]:
    """Keep the pairs that say something once.

    Raises: SourceError: one question has two answers, or nothing is left.
    """
    seen: dict[str, _Pair] = {}
    conflicts = []
    for pair in pairs:
        if not (pair.question and pair.answer):
            dropped["question without an answer" if pair.question else "row without a question"] += 1
            continue
        earlier = seen.setdefault(key(pair.question) or pair.question, pair)
        if earlier is not pair and earlier.answer != pair.answer:
            conflicts.append(f"{pair.place}: {pair.question!r} is answered otherwise at {earlier.place}")
        elif earlier is not pair:
            dropped["repeated question"] += 1
    if conflicts:
        what = "a question has two answers" if len(conflicts) == 1 else f"{len(conflicts)} questions have two answers"
        raise SourceError(what, where="\n       ".join(conflicts), fix="keep one answer per question")
    if not seen:
        fix = "write `## Question` with the answer below it, `Q: …` and `A: …`, or a table with both columns"
        raise SourceError("no question with an answer", where=str(path), fix=fix)
    return list(seen.values())
