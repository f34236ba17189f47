"""Which subjects a value names: those it is the label of, so that facts form a graph."""

import sqlite3
from typing import final

from limbeck.knowledge.evidence import Label
from limbeck.knowledge.text import name_key


@final
class ValueSubjects:
    """Find the subjects that values name, by label only: `French` is a language, whatever people are called so."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known: dict[Label, tuple[int, ...]] = {}

    def of(self, value: Label) -> tuple[int, ...]:
        """Return the ids of the subjects that a value names; both languages must agree where both name some."""
        if value not in self._known:
            en, zh = self._labelled(value.en), self._labelled(value.zh)
            both = tuple(each for each in en if each in zh)
            self._known[value] = both or en or zh
        return self._known[value]

    def _labelled(self, name: str) -> tuple[int, ...]:
        query = "SELECT DISTINCT entity_id FROM alias WHERE norm = ? AND is_label ORDER BY entity_id"
        return tuple(int(number) for (number,) in self._connection.execute(query, (name_key(name),)))
