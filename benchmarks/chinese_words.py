"""Search for random pieces of Chinese text: does every passage found hold them, as a plain scan of the text says?"""

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.build import build
from limbeck.knowledge.source import Source

_HAN = re.compile(r"[\u4e00-\u9fff]{4,}")
_LENGTHS = (2, 3, 4)
_SEED = 0


def share_found(texts: Sequence[str], work: Path, count: int) -> float:
    """Return the share of words whose first passages, as many as hold the word, are those that hold it.

    Words are 2 to 4 characters, cut from the texts wherever chance has it.
    """
    for number, text in enumerate(texts):
        (work / f"{number:04}.md").write_text(f"# {number:04}\n\n{text}\n", encoding="utf-8")
    build([Source(kind="markdown", location=work, root=work)], work / "k.sqlite")
    with KnowledgeBase.open(work / "k.sqlite") as base:
        held = [text for (text,) in base._connection.execute("SELECT heading || char(10) || text FROM chunk")]
        words = list(_words(texts, count))
        return sum(_is_right(base, word, held) for word in words) / len(words)


def _is_right(base: KnowledgeBase, word: str, held: Sequence[str]) -> bool:
    holding = sum(word in text for text in held)
    rows = [row for row in base.search(word) if row.kind == "passage"]
    first = rows[: min(holding, len(rows))]
    return bool(first) and all(word in row.value.zh for row in first)


def _words(texts: Sequence[str], count: int) -> Iterator[str]:
    drawn = random.Random(_SEED)
    for _ in range(count):
        run = drawn.choice(_HAN.findall(drawn.choice(texts)))
        length = drawn.choice(_LENGTHS)
        start = drawn.randrange(len(run) - length + 1)
        yield run[start : start + length]
