"""Records as a file that any trainer reads: one JSON object a line."""

import json
from collections.abc import Sequence
from pathlib import Path

from limbeck.core.disk import write_atomic
from limbeck.corpus.record import Record


def write_records(path: Path, records: Sequence[Record]) -> None:
    """Write records as JSONL, dialogues as OpenAI messages and texts as `{"text": …}`, in one step."""
    lines = (json.dumps(record.to_json(), ensure_ascii=False) for record in records)
    write_atomic(path, "".join(f"{line}\n" for line in lines).encode())
