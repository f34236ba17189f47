"""A knowledge base whose search has never seen some of the ways to ask: practice for ways that nobody foresaw."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from limbeck.corpus.schema import Property
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.intent_rows import write_intents


def forget(path: Path, out: Path, fold: int) -> KnowledgeBase:
    """Copy a knowledge base without one fold of its wordings, and open the copy."""
    shutil.copyfile(path, out)
    with closing(sqlite3.connect(out)) as connection:
        found = connection.execute("SELECT id, body FROM property ORDER BY id").fetchall()
        kept = [Property.from_json(json.loads(body)).without_fold(fold) for _, body in found]
        write_intents(connection, without=fold)
        rows = [(json.dumps(known.to_json()), number) for known, (number, _) in zip(kept, found, strict=True)]
        connection.executemany("UPDATE property SET body = ? WHERE id = ?", rows)
        connection.commit()
    return KnowledgeBase.open(out)
