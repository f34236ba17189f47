"""A reader of one scope never learns what another scope was told, by whichever question."""

from collections.abc import Callable
from pathlib import Path

import pytest
from dump import dump

from limbeck.core.errors import KnowledgeError
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.build import build
from limbeck.knowledge.embedder import shipped
from limbeck.knowledge.evidence import Citation
from limbeck.knowledge.export import EXPORTS
from limbeck.knowledge.integrity import check_file
from limbeck.knowledge.source import Source
from limbeck.knowledge.stated import Addition, Stated

SHARED = "name,name_zh,aliases,capital,partner\nChad,乍得,TD,N'Djamena,NG\nKenya,肯尼亚,KE,Nairobi,Chad\n"
ACME = (
    "name,name_zh,aliases,capital,partner,acme_budget\n"
    "Nightingale,夜莺项目,NG;Secretproject,Acmeville,Kenya,9081726\nChad,Acmechad,Acmename,Acmecapital,Nightingale,770077\n"
)
BOLT = "name,capital,partner,bolt_plan\nNightingale,Boltville,NG,Boltplan\nChad,N'Djamena,Kenya,Boltchad\n"
PAGES = {
    "open.md": "# Desk\n\n## Hours\n\nThe desk is open from nine to five.\n",
    "acme.md": "# Acmepage\n\n## Acmehours\n\n<!-- asked\nAcmeopening?\nhow early is the Acmeteam in\n-->\n\n"
    "The Acmedesk is open for the Acmesecret launch from nine.\n",
    "bolt.md": "# Boltpage\n\n## Bolthours\n\n<!-- asked\nBoltopening?\n-->\n\n"
    "The Boltdesk is open for the Boltsecret launch from nine.\n",
}
ACME_ONLY = ("Acme", "Secretproject", "夜莺", "9081726", "acme", "770077")
BOLT_ONLY = ("Bolt", "bolt")
QUESTIONS = (
    "What is the capital of Chad?",
    "capital of Nightingale",
    "capital of Acmechad",
    "夜莺项目的首都",
    "acme budget of Chad",
    "bolt plan of Chad",
    "Which subject has the capital Acmeville?",
    "Which name has the capital Boltville?",
    "When is the Acmedesk open for the Acmesecret launch?",
    "When is the Boltdesk open for the Boltsecret launch?",
    "When is the desk open?",
    "Acmeopening?",
    "how early is the Acmeteam in",
    "Acmename",
    "Secretproject",
    "9081726",
    "partner of Chad",
    "partner of NG",
    "N'Djamena",
    "Nairobi",
)


@pytest.fixture(params=["words", "vectors"])
def scoped(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A base that everyone, Acme and Bolt have given tables and pages to."""
    tables = {"open.csv": SHARED, "acme.csv": ACME, "bolt.csv": BOLT}
    sources = []
    for name, text in {**tables, **PAGES}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        scope = {"acme": "acme", "bolt": "bolt"}.get(name[:4], "")
        kind = "table" if name.endswith(".csv") else "markdown"
        sources.append(Source(kind=kind, location=tmp_path / name, root=tmp_path, scope=scope))
    build(sources[::-1], tmp_path / "k.sqlite", embedder=shipped() if request.param == "vectors" else None)
    return tmp_path / "k.sqlite"


def told(path: Path, scope: str) -> str:
    """Return everything that a reader of a scope can be told, in one text."""
    with KnowledgeBase.open(path, scope=scope, every_day=True) as base:
        parts: list[object] = [base.schema(), base.facts()]
        parts += ["".join(EXPORTS.load(form).write(base.facts())) for form in EXPORTS.names()]
        for name in ("Chad", "Nightingale", "NG", "Acmeville", "Boltville", "TD"):
            parts.append([each for each in base.names_for(name) if each != name])
    with KnowledgeBase.open(path, scope=scope) as base:
        parts += [base.search(question, ["Nightingale", "Chad"]) for question in QUESTIONS]
        parts += [base.search(question) for question in QUESTIONS]
        for way in ("Chad -> capital", "Chad -> partner -> capital", "N'Djamena <- capital", "Kenya <- partner"):
            parts.append(base.query(way))
    return "\n".join(map(str, parts))


@pytest.mark.parametrize(
    ("scope", "seen", "hidden"),
    [
        ("", (), (*ACME_ONLY, *BOLT_ONLY, "Nightingale")),
        ("acme", ACME_ONLY, BOLT_ONLY),
        ("bolt", BOLT_ONLY, ACME_ONLY),
        ("nobody", (), (*ACME_ONLY, *BOLT_ONLY, "Nightingale")),
    ],
)
def test_nothing_of_another_scope_is_told(
    scoped: Path, scope: str, seen: tuple[str, ...], hidden: tuple[str, ...]
) -> None:
    found = told(scoped, scope)
    assert "N'Djamena" in found and "nine to five" in found
    assert [word for word in seen if word not in found] == []
    assert [word for word in hidden if word in found] == []


@pytest.mark.parametrize("question", ["capital of Secretproject", "When is the Acmesecret launch?"])
def test_a_citation_of_another_scope_leads_nowhere(scoped: Path, question: str) -> None:
    with KnowledgeBase.open(scoped, scope="acme") as base:
        citation = base.search(question)[0].citation
        assert citation.source in ("acme.csv", "acme.md") and "Acme" in base.resolve(citation)
    for scope in ("", "bolt"):
        with KnowledgeBase.open(scoped, scope=scope) as base, pytest.raises(KnowledgeError, match="nothing stands"):
            base.resolve(citation)


@pytest.mark.parametrize(
    "way", ["Nightingale -> capital", "Chad -> acme_budget", "9081726 <- acme budget", "Acmename -> capital"]
)
def test_an_error_names_nothing_of_another_scope(scoped: Path, way: str) -> None:
    with KnowledgeBase.open(scoped, scope="acme") as base:
        assert base.query(way).values
    with KnowledgeBase.open(scoped) as base, pytest.raises(KnowledgeError) as caught:
        base.query(way)
    assert not [word for word in (*ACME_ONLY, *BOLT_ONLY) if word in (caught.value.fix or "")]


def test_search_ranks_as_if_other_scopes_were_not_there(scoped: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.sqlite"
    names = [("table", "open.csv"), ("markdown", "open.md")]
    sources = [Source(kind=kind, location=tmp_path / name, root=tmp_path) for kind, name in names]
    with KnowledgeBase.open(scoped) as base:
        vectors = shipped() if base.embedder else None
        build(sources, plain, embedder=vectors)
        with KnowledgeBase.open(plain) as alone:
            for question in QUESTIONS:
                assert base.search(question) == alone.search(question)
            assert base.stats() == alone.stats()


def edit(scoped: Path, change: Callable[[KnowledgeBase], None]) -> None:
    with KnowledgeBase.open(scoped, writable=True) as base:
        change(base)
    assert check_file(scoped) == ()


def test_an_edit_of_a_scopes_subject_stays_in_the_scope(scoped: Path) -> None:
    before = dump(scoped)
    edit(scoped, lambda base: base.set("Secretproject", "capital", "Newacme"))
    assert "Newacme" in told(scoped, "acme")
    assert "Newacme" not in told(scoped, "bolt") + told(scoped, "")
    with KnowledgeBase.open(scoped, scope="acme") as base:
        assert base.stats()["edit"] == 0
    edit(scoped, lambda base: base.set("Chad", "capital", "Newcapital", scope="bolt"))
    assert "Newcapital" in told(scoped, "bolt")
    assert "Newcapital" not in told(scoped, "acme") + told(scoped, "")
    with KnowledgeBase.open(scoped, scope="bolt") as base:
        assert base.resolve(Citation(source="edit@bolt", row=2)).endswith("capital: Newcapital")
    edit(scoped, lambda base: base.undo(2))
    assert dump(scoped) == before


def test_an_edit_for_everyone_leaves_what_a_scope_was_told(scoped: Path) -> None:
    edit(scoped, lambda base: base.set("Chad", "capital", "Everyville"))
    with KnowledgeBase.open(scoped) as base:
        assert base.search("capital of Chad")[0].value.en == "Everyville"
    with KnowledgeBase.open(scoped, scope="bolt") as base:
        assert base.search("capital of Chad")[0].value.en == "N'Djamena and Everyville"


def test_a_subject_may_be_added_for_a_scope(scoped: Path) -> None:
    new = Addition(
        subject="Newproject", values=(Stated(property="capital", value="Nowhere"),), is_new=True, kind="name"
    )
    edit(scoped, lambda base: base.add(new, scope="acme"))
    assert "Newproject" in told(scoped, "acme")
    assert "Newproject" not in told(scoped, "bolt") + told(scoped, "")


def test_a_new_subject_with_what_only_a_scope_is_told_is_the_scopes(scoped: Path) -> None:
    values = (Stated(property="acme_budget", value="5"), Stated(property="acme budget", value="6"))
    new = Addition(subject="Newproject", values=values, is_new=True, kind="name")
    edit(scoped, lambda base: base.add(new))
    assert "Newproject" in told(scoped, "acme")
    assert "Newproject" not in told(scoped, "bolt") + told(scoped, "")


def test_a_deleted_source_is_gone_for_its_scope(scoped: Path) -> None:
    before = dump(scoped)
    edit(scoped, lambda base: base.set("Secretproject", "capital", "Newacme"))
    edit(scoped, lambda base: base.delete_source("acme.csv"))
    assert "9081726" not in told(scoped, "acme") and "Newacme" in told(scoped, "acme")
    assert "Secretproject" not in told(scoped, "") + told(scoped, "bolt")
    edit(scoped, lambda base: base.undo(2))
    assert dump(scoped) == before


def test_a_scope_that_no_source_has_is_not_edited(scoped: Path) -> None:
    with KnowledgeBase.open(scoped, writable=True) as base, pytest.raises(KnowledgeError, match="did you mean 'acme'"):
        base.set("Chad", "capital", "x", scope="acmee")


def test_a_reader_sees_the_edits_of_its_scope_as_they_come(scoped: Path) -> None:
    with KnowledgeBase.open(scoped, scope="acme") as reader:
        assert reader.search("capital of Secretproject")[0].value.en == "Acmeville"
        edit(scoped, lambda base: base.set("Secretproject", "capital", "Newacme"))
        assert reader.search("capital of Secretproject")[0].value.en == "Newacme"
        edit(scoped, lambda base: base.delete_source("acme.md"))
        assert "Acmesecret" not in str(reader.search("When is the Acmesecret launch?"))
