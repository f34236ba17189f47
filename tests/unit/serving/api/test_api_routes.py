"""Completions, embeddings, models, health, metrics, and the document that describes them all."""

import base64
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from fastapi.testclient import TestClient

from limbeck.knowledge.embedder import LONGEST
from limbeck.serving.api.service import Service
from limbeck.serving.api.work_queue import Ticket

Connect = Callable[..., TestClient]
CHAT = {"model": "atlas", "messages": [{"role": "user", "content": "What is the capital of Chad?"}]}


def service_in(client: TestClient) -> Service:
    return client.app.state.service  # type: ignore[attr-defined, no-any-return]


def complete(client: TestClient, **options: object) -> dict:
    answer = client.post("/v1/completions", json={"model": "atlas", "prompt": "The desk", **options})
    assert answer.status_code == 200, answer.text
    return answer.json()


def embed(client: TestClient, **options: object) -> dict:
    answer = client.post("/v1/embeddings", json={"model": "atlas-encoder", "input": "cat", **options})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_text_goes_on_the_same_for_the_same_seed(client: TestClient) -> None:
    greedy = complete(client, max_tokens=8)
    assert greedy["choices"][0]["finish_reason"] == "length"
    assert (greedy["usage"]["completion_tokens"], greedy["object"]) == (8, "text_completion")
    drawn = [complete(client, max_tokens=8, temperature=2.0, top_p=0.99, seed=seed) for seed in (1, 1, 2)]
    texts = [told["choices"][0]["text"] for told in drawn]
    assert texts[0] == texts[1] != texts[2]


def test_a_text_streams_and_stops(client: TestClient) -> None:
    whole = complete(client, max_tokens=8)["choices"][0]["text"]
    body = {"model": "atlas", "prompt": ["The desk"], "max_tokens": 8, "stream": True}
    lines = client.post("/v1/completions", json=body).text.split("\n\n")
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines if line and "[DONE]" not in line]
    assert "".join(chunk["choices"][0]["text"] for chunk in chunks) == whole
    assert chunks[-1]["choices"][0]["finish_reason"] == "length"
    stopped = complete(client, max_tokens=8, stop=whole[3:6])["choices"][0]
    assert (stopped["text"], stopped["finish_reason"]) == (whole[:3], "stop")


def test_each_token_has_its_chance(client: TestClient) -> None:
    told = complete(client, max_tokens=4, logprobs=2)["choices"][0]
    chances = told["logprobs"]
    assert [len(chances[name]) for name in ("tokens", "token_logprobs", "top_logprobs", "text_offset")] == [4] * 4
    for token, chance, rivals in zip(*(chances[name] for name in list(chances)[:3]), strict=True):
        # greedy, so each is the likeliest of its place
        assert next(iter(rivals.items())) == (token, chance) and len(rivals) == 2
        assert max(rivals.values()) == chance < 0
    assert chances["text_offset"][0] == 0
    assert complete(client, max_tokens=4)["choices"][0]["logprobs"] is None
    drawn = complete(client, max_tokens=4, logprobs=0, temperature=2.0, seed=3)["choices"][0]["logprobs"]
    assert drawn["top_logprobs"] == [{}] * 4


def test_a_text_may_be_json(client: TestClient) -> None:
    form = {"type": "object", "properties": {"n": {"enum": [1, 2]}, "b": {"type": "boolean"}}, "required": ["n", "b"]}
    asked = {"type": "json_schema", "json_schema": {"name": "x", "schema": form}}
    assert set(json.loads(complete(client, response_format=asked)["choices"][0]["text"])) == {"n", "b"}


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"prompt": "desk " * 2000}, "context_length_exceeded"),
        ({"max_tokens": 5000}, "context_length_exceeded"),
        ({"logprobs": 6}, "invalid_value"),
        ({"logprobs": 1, "max_tokens": 65}, "unsupported_parameter"),
        ({"logprobs": 1, "stream": True}, "unsupported_parameter"),
        ({"echo": True}, "unsupported_parameter"),
        ({"suffix": "x"}, "unsupported_parameter"),
        ({"best_of": 3}, "unsupported_parameter"),
        ({"prompt": ""}, "invalid_value"),
        ({"prompt": ["a", "b"]}, "invalid_value"),
        ({"prompt": [1, 2]}, "invalid_value"),
    ],
)
def test_a_text_that_cannot_be_written_is_refused(client: TestClient, options: dict, code: str) -> None:
    answer = client.post("/v1/completions", json={"model": "atlas", "prompt": "The desk", **options})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_vectors_are_those_of_the_search(client: TestClient) -> None:
    encoder = service_in(client).embedder
    assert encoder is not None
    told = embed(client, input=["cat", "猫"])
    vectors = [np.asarray(entry["embedding"], np.float32) for entry in told["data"]]
    assert np.array_equal(np.stack(vectors), encoder.vectors(["cat", "猫"]))
    assert [entry["index"] for entry in told["data"]] == [0, 1]
    coded = embed(client, encoding_format="base64")["data"][0]["embedding"]
    assert np.array_equal(np.frombuffer(base64.b64decode(coded), "<f4"), vectors[0])
    assert embed(client, dimensions=len(vectors[0]))["usage"]["prompt_tokens"] > 0


@pytest.mark.parametrize(
    "options", [{"input": "cat " * (LONGEST + 1)}, {"dimensions": 3}, {"input": []}, {"input": [""]}, {"input": [[1]]}]
)
def test_texts_that_have_no_vector_are_refused(client: TestClient, options: dict) -> None:
    body = {"model": "atlas-encoder", "input": "cat", **options}
    assert client.post("/v1/embeddings", json=body).status_code == 400
    assert client.post("/v1/embeddings", json={**body, "model": "atlas"}).status_code in (400, 404)


def test_models_are_listed(client: TestClient) -> None:
    told = client.get("/v1/models").json()
    assert [model["id"] for model in told["data"]] == ["atlas", "atlas-encoder"]
    assert client.get("/v1/models/atlas").json() == told["data"][0]


def test_the_document_names_every_part(client: TestClient) -> None:
    told = client.get("/openapi.json").json()
    assert told["openapi"].startswith("3.")
    fields = told["components"]["schemas"]["AnswerMessage"]["properties"]
    assert {"content", "citations", "refused"} <= set(fields)
    assert told["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"
    for path, methods in told["paths"].items():
        for operation in methods.values():
            assert operation["summary"] and operation["description"], path
            assert "422" not in operation["responses"], path


def test_the_counts_are_told(connect: Connect) -> None:
    client = connect()
    client.post("/v1/chat/completions", json=CHAT)
    client.post("/v1/chat/completions", json={**CHAT, "messages": [{"role": "user", "content": "Who are you?"}]})
    client.get("/nothing/here")
    text = client.get("/metrics").text
    assert 'limbeck_answers_total{outcome="answered"} 1.0' in text
    assert 'limbeck_answers_total{outcome="refused"} 1.0' in text
    assert 'limbeck_requests_total{method="POST",route="/v1/chat/completions",status="200"} 2.0' in text
    assert 'limbeck_requests_total{method="GET",route="other",status="404"} 1.0' in text
    assert "limbeck_queue_waiting 0.0" in text
    assert "Chad" not in text


def test_a_full_queue_is_a_429(connect: Connect, hold: Callable) -> None:
    client = connect(num_waiting=1)
    service = service_in(client)
    with hold(service):
        service.queue.submit(Ticket("another", lambda ticket: None, 30))
        answer = client.post("/v1/chat/completions", json=CHAT)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
        assert answer.json()["error"]["type"] == "rate_limit_error"
        streamed = client.post("/v1/chat/completions", json={**CHAT, "stream": True})
        assert streamed.status_code == 429
    assert client.post("/v1/chat/completions", json=CHAT).status_code == 200


def test_a_passed_deadline_is_a_504_and_frees_the_place(connect: Connect, hold: Callable) -> None:
    client = connect(deadline_s=0.1)
    service = service_in(client)
    with hold(service):
        for body in (CHAT, {**CHAT, "stream": True}):
            answer = client.post("/v1/chat/completions", json=body)
            assert (answer.status_code, answer.json()["error"]["code"]) == (504, "deadline_exceeded")
        assert service.queue.num_waiting() == 0


def test_many_at_once_get_their_own_answers(client: TestClient) -> None:
    questions = {"What is the capital of Chad?": "N'Djamena", "What is the capital of Peru?": "Lima"}

    def ask(question: str) -> str:
        body = {"model": "atlas", "messages": [{"role": "user", "content": question}]}
        return client.post("/v1/chat/completions", json=body).json()["choices"][0]["message"]["content"]

    asked = [*questions] * 8
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, asked))
    assert all(questions[question] in answer for question, answer in zip(asked, answers, strict=True))


def test_a_server_that_ends_says_so(connect: Connect) -> None:
    client = connect()
    assert client.get("/readyz").status_code == 200
    service_in(client).queue.close()
    assert client.get("/readyz").status_code == 503
    assert client.post("/v1/chat/completions", json=CHAT).status_code == 503
    assert client.get("/healthz").status_code == 200
