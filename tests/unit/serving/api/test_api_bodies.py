"""What is wrong with a request is told in OpenAI's shape, and nothing breaks."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

Connect = Callable[..., TestClient]
JSON = {"content-type": "application/json"}
CHAT = "/v1/chat/completions"
GOOD = b'{"model": "atlas", "messages": [{"role": "user", "content": "Chad?"}]}'


def post(client: TestClient, body: bytes | str, headers: dict | None = None) -> tuple[int, dict]:
    answer = client.post(CHAT, content=body, headers={**JSON, **(headers or {})})
    assert answer.headers["content-type"] == "application/json"
    return answer.status_code, answer.json().get("error", {})


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_value"),
        (b"{", "invalid_json"),
        (b"[]", "invalid_value"),
        (b'"text"', "invalid_value"),
        (b'{"model": "\xff\xfe"}', "invalid_json"),
        (b'{"messages": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "invalid_json"),
        (GOOD[:-1] + b', "temperature": NaN}', "invalid_value"),
        (GOOD[:-1] + b', "top_p": Infinity}', "invalid_value"),
        (GOOD[:-1] + b', "presence_penalty": NaN}', "invalid_value"),
        (GOOD[:-1] + b', "temperature": 1e999}', "invalid_value"),
        (GOOD[:-1] + b', "seed": 1' + b"0" * 5000 + b"}", "invalid_json"),
        (GOOD[:-1] + b', "seed": 1' + b"0" * 50 + b"}", "invalid_value"),
        (GOOD[:-1] + b', "temperature": "0.5"}', "invalid_value"),
        (GOOD[:-1] + b', "max_tokens": 0}', "invalid_value"),
        (GOOD[:-1] + b', "max_tokens": true}', "invalid_value"),
        (GOOD[:-1] + b', "stop": [""]}', "invalid_value"),
        (GOOD[:-1] + b', "stop": ["a", "b", "c", "d", "e"]}', "invalid_value"),
        (GOOD[:-1] + b', "heat": 1}', "invalid_value"),
        (b'{"model": "atlas", "messages": []}', "invalid_value"),
        (b'{"model": "atlas", "messages": [{"role": "user", "content": 7}]}', "invalid_value"),
        (b'{"model": null, "messages": [{"role": "user", "content": "x"}]}', "invalid_value"),
    ],
)
def test_a_bad_body_is_a_400(client: TestClient, body: bytes, code: str) -> None:
    status, error = post(client, body)
    assert (status, error["type"], error["code"]) == (400, "invalid_request_error", code)
    assert error["message"] and len(error["message"]) <= 300


def test_the_wrong_part_is_named_and_not_repeated(client: TestClient) -> None:
    _, error = post(client, GOOD[:-1] + b', "temperature": "my secret"}')
    assert error["param"] == "temperature"
    assert "secret" not in error["message"]


def test_half_a_character_is_no_bug(client: TestClient) -> None:
    status, _ = post(client, GOOD.replace(b"Chad?", b"Chad \\ud800?"))
    assert status == 200


def test_an_unknown_model_or_path_is_a_404(client: TestClient) -> None:
    status, error = post(client, GOOD.replace(b"atlas", b"gpt-9"))
    assert (status, error["code"], error["param"]) == (404, "model_not_found", "model")
    for path in ("/", "/v1/nothing", "/docs", "/v1/models/none", "/v1/models/../../etc/passwd", "/%2e%2e/etc/passwd"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["error"]["type"]) == (404, "invalid_request_error"), path
    assert client.get(CHAT).json()["error"]["code"] == "method_not_allowed"


def test_a_body_that_is_too_long_is_a_413(connect: Connect) -> None:
    client = connect(body_bytes=1000)
    assert post(client, GOOD + b" " * 1000)[0] == 413

    def pieces():
        yield GOOD
        yield b" " * 1000

    answer = client.post(CHAT, content=pieces(), headers=JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")
    assert post(client, GOOD)[0] == 200


def test_only_json_is_read(client: TestClient) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        assert post(client, GOOD, {"content-type": kind})[0] == 415
    assert post(client, GOOD, {"content-type": "application/json; charset=utf-8"})[0] == 200


def test_pages_of_other_sites_and_names_are_turned_away(client: TestClient) -> None:
    assert post(client, GOOD, {"origin": "https://evil.example"})[1]["code"] == "wrong_origin"
    assert post(client, GOOD, {"origin": "null"})[1]["code"] == "wrong_origin"
    assert post(client, GOOD, {"host": "evil.example"})[1]["code"] == "wrong_host"
    assert post(client, GOOD, {"host": "[bad"})[1]["code"] == "wrong_host"
    assert post(client, GOOD, {"origin": "http://127.0.0.1"})[0] == 200
    assert client.options(CHAT, headers={"origin": "https://evil.example"}).status_code == 403
    assert "access-control-allow-origin" not in client.get("/healthz").headers


def test_every_answer_has_strict_headers(client: TestClient) -> None:
    for answer in (client.get("/healthz"), client.get("/nothing"), client.post(CHAT, content=GOOD, headers=JSON)):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert answer.headers["cache-control"] == "no-store"
        assert len(answer.headers["x-request-id"]) == 32
        assert "server" not in answer.headers


def test_a_bug_of_ours_is_a_500_that_tells_nothing(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise ValueError("the secret of Chad")

    monkeypatch.setattr(client.app.state.service.assistant, "ask", fail)  # type: ignore[attr-defined]
    status, error = post(client, GOOD)
    assert (status, error["type"], error["code"]) == (500, "server_error", "internal")
    assert "secret" not in error["message"] + caplog.text
    assert "ValueError at " in caplog.text


def test_the_log_says_no_word_of_anybody(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "limbeck.serving")
    post(client, GOOD, {"authorization": "Bearer lk-private"})
    client.get("/v1/knowledge", params={"question": "Chad"})
    client.get("/private/Chad")
    assert "POST /v1/chat/completions 200" in caplog.text
    assert "GET other 404" in caplog.text
    assert "Chad" not in caplog.text and "private" not in caplog.text
