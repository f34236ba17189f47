"""Records kept between two stages of a training: one JSON object a line, each with where it came from."""

import json
from collections.abc import Sequence
from pathlib import Path

from limbeck.corpus.record import Message, Record, dialogue_record, text_record


def save_lines(path: Path, records: Sequence[Record]) -> None:
    """Write records; the same records, the same bytes."""
    lines = (json.dumps({"where": record.where, **record.to_json()}, ensure_ascii=False) for record in records)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def load_lines(path: Path) -> list[Record]:
    """Read what `save_lines` wrote."""
    with path.open(encoding="utf-8", newline="\n") as file:
        return [_record(line) for line in file]


def _record(line: str) -> Record:
    found = json.loads(line)
    if "text" in found:
        return text_record(found["text"], found["where"])
    messages = tuple(Message(role=each["role"], content=each["content"]) for each in found["messages"])
    return dialogue_record(messages, found["where"])
