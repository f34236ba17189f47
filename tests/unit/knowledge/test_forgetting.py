import json
import sqlite3
from pathlib import Path

from limbeck.corpus.schema import FOLDS
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.build import build
from limbeck.knowledge.embedder import shipped
from limbeck.knowledge.forgetting import forget
from limbeck.knowledge.source import Source

WORDINGS = [
    "Which city governs {subject}?",
    "{subject} is ruled from where?",
    "head town of {subject}",
    "{subject} hub",
]


def test_a_search_that_forgot_a_fold_knows_the_other_wordings(folder: Path, sources: list[Source]) -> None:
    mapping = (folder / "countries.toml").read_text(encoding="utf-8")
    wordings = ", ".join(json.dumps(each) for each in WORDINGS)
    mapping = mapping.replace('"Which city governs {subject}?"', wordings)
    (folder / "countries.toml").write_text(mapping, encoding="utf-8")
    path = folder / "knowledge.sqlite"
    build(sources, path, embedder=shipped())
    before = path.read_bytes()

    fits: dict[str, list[float]] = {}
    for fold in range(FOLDS):
        with forget(path, folder / "unaware.sqlite", fold) as unaware:
            for wording in WORDINGS:
                row = next(each for each in unaware.search(wording.format(subject="Chad")) if each.kind == "fact")
                fits.setdefault(wording, []).append(row.fit if row.property_id == "capital" else 0.0)
    for place, wording in enumerate(WORDINGS):
        assert min(range(FOLDS), key=fits[wording].__getitem__) == place % FOLDS, (wording, fits[wording])
    assert path.read_bytes() == before


def test_what_has_no_vectors_gets_none(folder: Path, sources: list[Source]) -> None:
    path = folder / "knowledge.sqlite"
    build(sources, path)
    with forget(path, folder / "unaware.sqlite", 0) as unaware:
        assert unaware.search("the capital of Chad")[0].value.en == "N'Djamena"
    with sqlite3.connect(folder / "unaware.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM way WHERE vector != x''").fetchone() == (0,)


def test_a_copy_is_a_whole_knowledge_base(folder: Path, sources: list[Source]) -> None:
    build(sources, folder / "knowledge.sqlite")
    with (
        KnowledgeBase.open(folder / "knowledge.sqlite") as base,
        forget(folder / "knowledge.sqlite", folder / "o", 1) as o,
    ):
        assert base.stats() == o.stats()


def test_properties_of_one_name_in_two_scopes_stay_two(folder: Path, sources: list[Source]) -> None:
    subject = '[subject]\ncolumn = "name"\n'
    asked = '[[property]]\nid = "plan"\ncolumn = "plan"\nlabel = {{ en = "{0} plan", zh = "{0} 计划" }}\n'
    for scope in ("acme", "bolt"):
        (folder / f"{scope}.csv").write_text("name,plan\nChad,1\n")
        (folder / f"{scope}.toml").write_text(subject + asked.format(scope), encoding="utf-8")
    private = [
        Source(
            kind="table",
            location=folder / f"{scope}.csv",
            root=folder,
            options={"mapping": f"{scope}.toml"},
            scope=scope,
        )
        for scope in ("acme", "bolt")
    ]
    build([*sources, *private], folder / "knowledge.sqlite", embedder=shipped())
    forget(folder / "knowledge.sqlite", folder / "o", 1).close()
    for scope in ("acme", "bolt"):
        with KnowledgeBase.open(folder / "o", scope=scope) as base:
            plan = next(known for known in base.schema().properties if known.id == "plan")
            assert plan.labels["en"] == (f"{scope} plan",)
