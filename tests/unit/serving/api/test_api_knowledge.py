from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from limbeck.bundle.editing import writing
from limbeck.bundle.manifest import KNOWLEDGE, check_files, read_manifest
from limbeck.bundle.pack import reseal
from limbeck.knowledge.build import build
from limbeck.knowledge.source import Source

FACT = "/v1/knowledge/fact"
CHAD = {"subject": "Chad", "property": "capital"}


def capital(client: TestClient) -> str:
    body = {"model": "atlas", "messages": [{"role": "user", "content": "What is the capital of Chad?"}]}
    return client.post("/v1/chat/completions", json=body).json()["choices"][0]["message"]["content"]


@pytest.fixture
def private(parts: Path, bundle: Path) -> Path:
    """A bundle that knows something for readers of a scope alone; ask for it before the app that opens it."""
    root = parts / "sources"
    (bundle.parent / "acme.csv").write_text("name,capital,budget\nAcmehq,Acmeville,9081726\n")
    table = Source(kind="table", location=root / "countries.csv", root=root, options={"mapping": "countries.toml"})
    private = Source(kind="table", location=bundle.parent / "acme.csv", root=bundle.parent, scope="acme")
    build([table, private], bundle / KNOWLEDGE)
    reseal(bundle)
    return bundle


def test_a_search_shows_what_a_question_is_shown_with(client: TestClient) -> None:
    told = client.get("/v1/knowledge", params={"question": "capital of Chad", "limit": 1}).json()
    (row,) = told["results"]
    assert (row["subject"]["zh"], row["property_id"], row["value"]["en"]) == ("乍得", "capital", "N'Djamena")
    assert row["citation"]["row"] == 1
    follow_up = client.get("/v1/knowledge", params={"question": "And its capital?", "history": ["Tell me of Peru."]})
    assert follow_up.json()["results"][0]["value"]["en"] == "Lima"
    for wrong in ({}, {"question": ""}, {"question": "x", "limit": 0}, {"question": "x" * 5000}):
        assert client.get("/v1/knowledge", params=wrong).status_code == 400


def test_a_citation_is_shown(client: TestClient) -> None:
    shown = client.get("/v1/knowledge/citation", params={"source": "countries.csv", "row": 2}).json()
    assert "capital: Lima" in shown["text"]
    (page,) = client.get("/v1/knowledge", params={"question": "visa desk open", "limit": 1}).json()["results"]
    start, end = page["citation"]["span"]
    params = {"source": "handbook/visas.md", "start": start, "end": end}
    assert client.get("/v1/knowledge/citation", params=params).json() == page["citation"]


@pytest.mark.parametrize("source", ["../../../etc/passwd", "/etc/passwd", "countries.csv\x00", "..%2f", "' OR 1=1 --"])
def test_a_source_is_no_path(client: TestClient, source: str) -> None:
    answer = client.get("/v1/knowledge/citation", params={"source": source, "row": 1})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "citation_not_found")


def test_half_a_citation_is_refused(client: TestClient) -> None:
    for wrong in ({}, {"start": 1}, {"row": 1, "start": 0, "end": 9}, {"row": "x"}, {"row": -1}, {"row": 2**70}):
        params = {"source": "countries.csv", **wrong}
        assert client.get("/v1/knowledge/citation", params=params).status_code == 400, wrong


def test_an_edit_takes_effect_on_the_next_answer(editor: TestClient, bundle: Path) -> None:
    assert "N'Djamena" in capital(editor)
    done = editor.put(FACT, json={**CHAD, "value": "Abéché"})
    assert (done.status_code, done.json()) == (200, {"done": "set Chad / capital"})
    assert capital(editor) == "The capital of Chad is Abéché."
    check_files(bundle, read_manifest(bundle))
    assert editor.post("/v1/knowledge/undo").json() == {"done": "took back: set Chad / capital"}
    assert "N'Djamena" in capital(editor)
    assert editor.delete(FACT, params=CHAD).status_code == 200
    assert capital(editor).startswith("I don't know")
    editor.post("/v1/knowledge/undo")
    assert editor.delete("/v1/knowledge/source", params={"name": "countries.csv"}).status_code == 200
    assert capital(editor).startswith("I don't know")


def test_html_in_a_fact_stays_text(editor: TestClient) -> None:
    written = "<script>alert(1)</script>&amp;"
    editor.put(FACT, json={**CHAD, "value": written})
    answer = editor.get("/v1/knowledge", params={"question": "capital of Chad", "limit": 1})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["results"][0]["value"]["en"] == written
    assert written in capital(editor)


def test_an_edit_that_cannot_be_made_is_refused(editor: TestClient) -> None:
    for wrong, told in (
        ({**CHAD, "subject": "Chadd", "value": "x"}, "did you mean 'Chad'?"),
        ({**CHAD, "property": "anthem", "value": "x"}, "no property 'anthem'"),
        ({**CHAD, "value": "  "}, "the value of 'capital' is empty"),
        ({**CHAD, "value": "x", "language": "fr"}, "language"),
        ({**CHAD, "value": 7}, "value"),
        ({**CHAD, "value": "x", "extra": 1}, "extra"),
    ):
        answer = editor.put(FACT, json=wrong)
        assert answer.status_code == 400 and told in answer.json()["error"]["message"], wrong
    assert editor.post("/v1/knowledge/undo").json()["error"]["message"].startswith("there is no edit to undo")
    assert editor.delete("/v1/knowledge/source", params={"name": "none.csv"}).status_code == 400


def test_what_is_for_a_scope_is_neither_told_nor_edited(private: Path, editor: TestClient) -> None:
    answers = [
        editor.get("/v1/knowledge", params={"question": "What is the budget of Acmehq? 9081726"}),
        editor.get("/v1/knowledge/citation", params={"source": "acme.csv", "row": 1}),
        editor.put(FACT, json={"subject": "Acmehk", "property": "capital", "value": "x"}),
        editor.put(FACT, json={"subject": "Acmehq", "property": "capital", "value": "x"}),
        editor.put(FACT, json={**CHAD, "property": "budge", "value": "x"}),
        editor.delete(FACT, params={"subject": "Acmehq", "property": "capital"}),
        editor.delete("/v1/knowledge/source", params={"name": "acme.csw"}),
        editor.delete("/v1/knowledge/source", params={"name": "acme.csv"}),
    ]
    assert answers[0].json()["results"] == []
    assert [answer.status_code for answer in answers[1:]] == [404, *[400] * 6]
    assert not any(hidden in answer.text for answer in answers for hidden in ("Acmeville", "did you mean"))
    with writing(private) as base:
        assert base.stats()["edit"] == 0
    assert editor.put(FACT, json={**CHAD, "value": "Abéché"}).status_code == 200
    assert capital(editor) == "The capital of Chad is Abéché."


def test_a_bundle_that_others_altered_is_not_sealed(editor: TestClient, bundle: Path) -> None:
    (bundle / "CARD.md").write_text("forged")
    answer = editor.put(FACT, json={**CHAD, "value": "x"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "bundle_altered")
    assert "N'Djamena" in capital(editor)
