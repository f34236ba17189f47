"""The tables of a knowledge base: what was read, what it says, and which words find it.

A row of a scope is there for readers of that scope alone, one of the empty scope for everyone. Days are written
`2027-01-31`; an empty `valid_from` or `valid_until` is an open side. Both are kept by knowledge/lens.py.
"""

APPLICATION_ID = 1280131659
FORMAT = 5


def word_index(table: str, columns: str, *, database: str = "main") -> str:
    """Return what creates an index of words, which knowledge/text.py has cut, and its vocabulary."""
    place = "" if database == "main" else f"{database}, "
    vocabulary = f"{table.removesuffix('_words')}_vocabulary"
    return f"""
CREATE VIRTUAL TABLE {database}.{table} USING fts5 ({columns}, tokenize = "unicode61 remove_diacritics 0");
CREATE VIRTUAL TABLE {database}.{vocabulary} USING fts5vocab ({place}{table}, row);
"""


WORDS = {"chunk_words": "head, body", "fact_words": "names, content"}
"""The indexes of words and their columns."""

TABLES = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {FORMAT};

CREATE TABLE source (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, digest TEXT NOT NULL, scope TEXT NOT NULL
);

-- A table row as `column: value` lines, kept so that a citation can be shown.
CREATE TABLE record (
    source_id INTEGER NOT NULL REFERENCES source (id), row INTEGER NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (source_id, row)
) WITHOUT ROWID;

-- `text` is exactly the characters [start, stop) of the decoded document.
CREATE TABLE chunk (
    id INTEGER PRIMARY KEY, source_id INTEGER NOT NULL REFERENCES source (id), start INTEGER NOT NULL,
    stop INTEGER NOT NULL, language TEXT NOT NULL, title TEXT NOT NULL, heading TEXT NOT NULL, text TEXT NOT NULL
);
CREATE INDEX chunk_by_span ON chunk (source_id, start, stop);

-- How people ask for what the passages under a heading of a source tell, in the order in which they were written.
CREATE TABLE asked (
    source_id INTEGER NOT NULL REFERENCES source (id), heading TEXT NOT NULL, place INTEGER NOT NULL,
    text TEXT NOT NULL, PRIMARY KEY (source_id, heading, place)
) WITHOUT ROWID;

CREATE TABLE entity (
    id INTEGER PRIMARY KEY, en TEXT NOT NULL, zh TEXT NOT NULL, kind_en TEXT NOT NULL, kind_zh TEXT NOT NULL,
    scope TEXT NOT NULL
);

-- One row per name and source; `cased` names count only when written in capitals; `units` is the length of `norm`.
CREATE TABLE alias (
    norm TEXT NOT NULL, entity_id INTEGER NOT NULL REFERENCES entity (id),
    source_id INTEGER NOT NULL REFERENCES source (id), name TEXT NOT NULL,
    is_label INTEGER NOT NULL, cased INTEGER NOT NULL, units INTEGER NOT NULL,
    PRIMARY KEY (norm, entity_id, source_id)
) WITHOUT ROWID;
CREATE INDEX alias_by_entity ON alias (entity_id);

-- `name` is the property's id in the mapping; `body` is a corpus.schema.Property as JSON, `rendering` a Rendering.
CREATE TABLE property (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, body TEXT NOT NULL, rendering TEXT NOT NULL, scope TEXT NOT NULL,
    UNIQUE (name, scope)
);

-- One row per value; `norm_*` is the bare value's normal form, for questions that name the value.
CREATE TABLE fact (
    id INTEGER PRIMARY KEY, entity_id INTEGER NOT NULL REFERENCES entity (id),
    property_id INTEGER NOT NULL REFERENCES property (id), position INTEGER NOT NULL,
    en TEXT NOT NULL, zh TEXT NOT NULL, norm_en TEXT NOT NULL, norm_zh TEXT NOT NULL,
    valid_from TEXT NOT NULL, valid_until TEXT NOT NULL,
    UNIQUE (entity_id, property_id, position)
);
CREATE INDEX fact_by_en ON fact (norm_en);
CREATE INDEX fact_by_zh ON fact (norm_zh);

CREATE TABLE fact_source (
    fact_id INTEGER NOT NULL REFERENCES fact (id), source_id INTEGER NOT NULL, row INTEGER NOT NULL,
    PRIMARY KEY (fact_id, source_id, row),
    FOREIGN KEY (source_id, row) REFERENCES record (source_id, row)
) WITHOUT ROWID;
CREATE INDEX fact_source_by_source ON fact_source (source_id);

-- `before` and `after` hold the rows an edit took out and put in, as JSON by table.
CREATE TABLE log (
    id INTEGER PRIMARY KEY, op TEXT NOT NULL, at TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL,
    undone INTEGER NOT NULL DEFAULT 0
);

-- Vectors of an encoder, half precision: of each window of a passage, and of each way to ask.
CREATE TABLE encoder (digest TEXT PRIMARY KEY);
CREATE TABLE chunk_vector (
    id INTEGER NOT NULL, place INTEGER NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (id, place)
) WITHOUT ROWID;
CREATE TABLE way (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE, vector BLOB NOT NULL);

-- What tells by ways to ask what a question is about, of all that a scope sees (knowledge/intents.py): `about` is
-- `fact`, and `classes` are ids of properties, or `passage`, and they are the first chunk under each heading.
CREATE TABLE intent (
    scope TEXT NOT NULL, about TEXT NOT NULL, classes TEXT NOT NULL, names TEXT NOT NULL, ways BLOB NOT NULL,
    duals BLOB NOT NULL, terms TEXT NOT NULL, weights BLOB NOT NULL, PRIMARY KEY (scope, about)
) WITHOUT ROWID;
"""
TABLES += "".join(word_index(table, columns) for table, columns in WORDS.items())
