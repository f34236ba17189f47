"""A knowledge base whose search has never seen some of the ways to ask: practice for ways that nobody foresaw."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from limbeck.corpus.schema import Property
from limbeck.knowledge.base import KnowledgeBase, embedder_of
from limbeck.knowledge.likeness import embed_properties


def forget(path: Path, out: Path, fold: int) -> KnowledgeBase:
    """Copy a knowledge base without one fold of its properties' wordings, and open the copy.

    Raises: KnowledgeError: its vectors are of an encoder that is not there.
    """
    shutil.copyfile(path, out)
    with closing(sqlite3.connect(out)) as connection:
        for number, body in connection.execute("SELECT id, body FROM property").fetchall():
            kept = Property.from_json(json.loads(body)).without_fold(fold).to_json()
            connection.execute("UPDATE property SET body = ? WHERE id = ?", (json.dumps(kept), number))
        embedder = embedder_of(connection, path)
        if embedder is not None:
            connection.execute("DELETE FROM property_vector")
            embed_properties(connection, embedder)
        connection.commit()
    return KnowledgeBase.open(out)
