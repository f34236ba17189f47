import json

import pytest
from fastapi.testclient import TestClient

CHAD = [{"role": "user", "content": "What is the capital of Chad?"}]
ANSWER = "The capital of Chad is N'Djamena."
UNKNOWN = [{"role": "user", "content": "Who wrote Hamlet?"}]
REFUSED = "I don't know: nothing in my knowledge answers that."


def ask(client: TestClient, messages: list | None = None, **options: object) -> dict:
    body = {"model": "atlas", "messages": messages or CHAD, **options}
    answer = client.post("/v1/chat/completions", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refuse(client: TestClient, messages: list | None = None, **options: object) -> dict:
    body = {"model": "atlas", "messages": messages or CHAD, **options}
    answer = client.post("/v1/chat/completions", json=body)
    assert answer.status_code == 400, answer.text
    return answer.json()["error"]


def events(client: TestClient, messages: list | None = None, **options: object) -> list[dict]:
    body = {"model": "atlas", "messages": messages or CHAD, "stream": True, **options}
    with client.stream("POST", "/v1/chat/completions", json=body) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = [line.removeprefix("data: ") for line in answer.iter_lines() if line]
    assert lines.pop() == "[DONE]"
    return [json.loads(line) for line in lines]


def message(told: dict) -> dict:
    return told["choices"][0]["message"]


def test_an_answer_has_its_citations(client: TestClient) -> None:
    told = ask(client)
    said = message(told)
    assert said["content"] == ANSWER
    assert (said["refusal"], said["refused"]) == (None, False)
    (cited,) = said["citations"]
    assert (cited["source"], cited["row"], cited["span"]) == ("countries.csv", 1, None)
    assert "capital: N'Djamena" in cited["text"]
    assert told["choices"][0]["finish_reason"] == "stop"
    assert told["usage"]["prompt_tokens"] > 0 and told["usage"]["completion_tokens"] > 0
    assert (told["object"], told["model"], told["ignored"]) == ("chat.completion", "atlas", [])


def test_a_page_is_cited_by_its_characters(client: TestClient) -> None:
    (cited,) = message(ask(client, [{"role": "user", "content": "When is the visa desk open?"}]))["citations"]
    assert cited["text"] == PAGE_TEXT
    assert cited["span"][1] - cited["span"][0] == len(PAGE_TEXT)


PAGE_TEXT = "The visa desk is open from 8:30 to 16:00."


def test_chinese_is_answered_in_chinese(client: TestClient) -> None:
    assert message(ask(client, [{"role": "user", "content": "秘鲁的首都是哪里？"}]))["content"] == "秘鲁的首都是利马。"


def test_what_is_not_known_is_marked_as_refused(client: TestClient) -> None:
    said = message(ask(client, UNKNOWN))
    assert said == {"role": "assistant", "content": REFUSED, "refusal": REFUSED, "refused": True, "citations": []}


def test_a_follow_up_knows_the_turns_before_it(client: TestClient) -> None:
    before = [*CHAD, {"role": "assistant", "content": ANSWER}]
    said = message(ask(client, [*before, {"role": "user", "content": [{"type": "text", "text": "And of Peru?"}]}]))
    assert said["content"] == "The capital of Peru is Lima."
    assert message(ask(client, [{"role": "user", "content": "And of Peru?"}]))["refused"]


def test_a_stream_ends_in_the_same_answer(client: TestClient) -> None:
    whole, chunks = ask(client), events(client, stream_options={"include_usage": True})
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert "".join(delta.get("content", "") for delta in deltas) == message(whole)["content"]
    assert deltas[-1] == {"refused": False, "citations": message(whole)["citations"]}
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks if chunk["choices"]][-2:] == [None, "stop"]
    assert (chunks[-1]["choices"], chunks[-1]["usage"]) == ([], whole["usage"])
    assert len({chunk["id"] for chunk in chunks}) == 1


def test_a_streamed_refusal_is_marked_at_its_end(client: TestClient) -> None:
    *_, said, end = [chunk["choices"][0]["delta"] for chunk in events(client, UNKNOWN)]
    assert said == {"content": REFUSED}
    assert end == {"refused": True, "refusal": REFUSED, "citations": []}


def test_the_text_ends_where_it_was_asked_to(client: TestClient) -> None:
    cut = ask(client, max_completion_tokens=4)
    assert ANSWER.startswith(message(cut)["content"]) and message(cut)["content"] != ANSWER
    assert cut["choices"][0]["finish_reason"] == "length"
    assert cut["usage"]["completion_tokens"] == 4
    stopped = ask(client, stop=["never", " is"])
    assert message(stopped)["content"] == "The capital of Chad"
    assert stopped["choices"][0]["finish_reason"] == "stop"
    streamed = events(client, stop=" is")
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in streamed) == "The capital of Chad"


def test_what_has_no_effect_is_named(client: TestClient) -> None:
    told = ask(client, [{"role": "system", "content": "Be rude."}, *CHAD], user="me", metadata={"a": "b"})
    assert told["ignored"] == ["messages[0] (system)", "user", "metadata"]
    assert message(told)["content"] == ANSWER


@pytest.mark.parametrize(
    "options",
    [
        {"n": 2},
        {"logprobs": True},
        {"top_logprobs": 3, "logprobs": True},
        {"presence_penalty": 0.5},
        {"frequency_penalty": -0.5},
        {"logit_bias": {"1": 2}},
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        {"audio": {"voice": "x"}},
        {"stream_options": {"include_usage": True}},
        {"stop": "x", "response_format": {"type": "json_object"}},
    ],
    ids=lambda options: next(iter(options)),
)
def test_what_cannot_be_honoured_is_refused_by_name(client: TestClient, options: dict) -> None:
    error = refuse(client, **options)
    assert (error["type"], error["code"]) == ("invalid_request_error", "unsupported_parameter")
    assert error["param"] in options


def test_what_changes_nothing_is_taken(client: TestClient) -> None:
    neutral = {"n": 1, "logprobs": False, "presence_penalty": 0, "tools": [], "response_format": {"type": "text"}}
    drawn = {"temperature": 0, "top_p": 1, "seed": -3, "modalities": ["text"], "stop": None}
    assert message(ask(client, **neutral, **drawn))["content"] == ANSWER


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        ([{"role": "assistant", "content": "x"}], "question of the user"),
        ([*CHAD, {"role": "assistant", "content": "x"}], "question of the user"),
        ([{"role": "user", "content": " \u200b "}], "is empty"),
        ([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}], "only text"),
        ([{"role": "tool", "content": "x", "tool_call_id": "1"}, *CHAD], "no tools"),
        ([{"role": "wizard", "content": "x"}], "messages.0.role"),
    ],
)
def test_messages_that_ask_nothing_are_refused(client: TestClient, messages: list, told: str) -> None:
    assert told in refuse(client, messages)["message"]


def schema(**properties: object) -> dict:
    form = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    return {"type": "json_schema", "json_schema": {"name": "form", "schema": form, "strict": True}}


def test_json_holds_only_what_the_cited_row_says(client: TestClient) -> None:
    text, whole = {"type": "string"}, {"type": "integer"}
    asked = [{"role": "user", "content": "What is the area of Chad?"}]
    told = ask(client, asked, response_format=schema(subject=text, area=whole, source=text, answer=text))
    said = json.loads(message(told)["content"])
    assert said == {"subject": "Chad", "area": 1284000, "source": "countries.csv:1", "answer": said["answer"]}
    assert said["answer"] == message(ask(client, asked))["content"]
    assert message(told)["citations"][0]["row"] == 1
    assert json.loads(message(ask(client, response_format={"type": "json_object"}))["content"]) == {"answer": ANSWER}


def test_json_that_no_row_says_is_refused(client: TestClient) -> None:
    said = message(ask(client, response_format=schema(is_large={"type": "boolean"})))
    assert said["content"] is None and said["refused"] and "is_large" in said["refusal"]
    said = message(ask(client, UNKNOWN, response_format={"type": "json_object"}))
    assert (said["content"], said["refusal"]) == (None, REFUSED)
    end = events(client, response_format=schema(is_large={"type": "boolean"}))[-1]["choices"][0]
    assert end["delta"]["refused"] and "is_large" in end["delta"]["refusal"]


@pytest.mark.parametrize(
    "form",
    [
        {"type": "json_schema"},
        {"type": "json_schema", "json_schema": {"name": "x", "schema": {"pattern": "x"}}},
        {"type": "json_schema", "json_schema": {"name": "x", "schema": {"title": "x" * 30_000}}},
    ],
)
def test_a_schema_that_cannot_be_followed_is_refused(client: TestClient, form: dict) -> None:
    assert refuse(client, response_format=form)["param"] == "response_format"
