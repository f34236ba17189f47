"""The answers a bundle carries, so that another machine can ask them again."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from limbeck.core.errors import BundleError

SAMPLE_SIZE = 40
CLAIMED = ("text", "refused", "citations")
_ASKED = ("id", "question", "answers", "history", "language", "kind")


def take_sample(answers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Take answers spread evenly over all of them, as lines that a question file may hold."""
    count = min(SAMPLE_SIZE, len(answers))
    picked = [answers[number * len(answers) // count] for number in range(count)]
    return [{key: answer[key] for key in (*_ASKED, *CLAIMED)} for answer in picked]


def read_claims(path: Path) -> list[dict[str, Any]]:
    """Read what a sample claims, one record a question; a bundle without one claims nothing.

    Raises: BundleError: it lacks the answers.
    """
    if not path.is_file():
        return []
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    if any(key not in line for line in lines for key in CLAIMED):
        raise BundleError("the sample lacks the answers it claims", where=str(path), fix="evaluate the bundle again")
    return lines
