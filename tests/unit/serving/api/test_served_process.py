"""A real server on a free port, with the official client of OpenAI."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import openai
import pytest

from limbeck.serving.api.keys import new_key

CHAD = [{"role": "user", "content": "What is the capital of Chad?"}]
SLOW = [{"role": "user", "content": "What is the capital of Peru?"}]
A_LITTLE_SLOW = [{"role": "user", "content": "When is the visa desk open?"}]
ANSWER = "The capital of Chad is N'Djamena."
LIMBECK = [sys.executable, "-m", "limbeck.cli.main"]
WAIT_SECONDS = 60.0


class Served:
    """A server process, where it answers, and what it has logged."""

    def __init__(self, bundle: Path, site: Path, folder: Path) -> None:
        self.keys, self._log = folder / "keys.json", folder / "log"
        self.secret = new_key(self.keys, "test", ["read", "chat", "admin"])
        command = [*LIMBECK, "serve", str(bundle), "--port", "0", "--json", "--keys", str(self.keys)]
        path = os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, text=True, env=os.environ | {"PYTHONPATH": path}
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.log()
        self.url = json.loads(line)["url"]

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def client(self, secret: str | None = None) -> openai.OpenAI:
        return openai.OpenAI(
            base_url=f"{self.url}/v1", api_key=secret or self.secret, max_retries=0, timeout=WAIT_SECONDS
        )

    def connect(self) -> socket.socket:
        host, _, port = self.url.removeprefix("http://").rpartition(":")
        return socket.create_connection((host, int(port)), timeout=WAIT_SECONDS)

    def metric(self, name: str) -> float:
        request = urllib.request.Request(f"{self.url}/metrics", headers={"Authorization": f"Bearer {self.secret}"})
        with urllib.request.urlopen(request, timeout=WAIT_SECONDS) as answer:
            told = answer.read().decode()
        found = re.search(rf"^{re.escape(name)} (\S+)$", told, re.MULTILINE)
        return float(found[1]) if found else 0.0

    def end(self) -> int:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return self.process.returncode


@pytest.fixture(scope="module")
def served(slow_bundle: Path, site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    server = Served(slow_bundle, site, tmp_path_factory.mktemp("served"))
    yield server
    server.end()


def test_a_chat_with_the_official_client(served: Served) -> None:
    with served.client() as client:
        told = client.chat.completions.create(model="atlas", messages=CHAD, seed=1)
        (cited,) = told.choices[0].message.citations
        assert (told.choices[0].message.content, cited["row"]) == (ANSWER, 1)
        chunks = list(client.chat.completions.create(model="atlas", messages=CHAD, stream=True))
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == ANSWER
        assert chunks[-1].choices[0].delta.citations == told.choices[0].message.citations
        assert [model.id for model in client.models.list()] == ["atlas", "atlas-encoder"]
        vector = client.embeddings.create(model="atlas-encoder", input="cat").data[0].embedding
        assert sum(value * value for value in vector) == pytest.approx(1.0, abs=1e-4)
        assert client.completions.create(model="atlas", prompt="The", max_tokens=2).usage.completion_tokens == 2


def test_json_with_the_official_client(served: Served) -> None:
    from pydantic import BaseModel

    class Place(BaseModel):
        subject: str
        capital: str

    with served.client() as client:
        told = client.chat.completions.parse(model="atlas", messages=CHAD, response_format=Place)
        assert told.choices[0].message.parsed == Place(subject="Chad", capital="N'Djamena")
        unknown = [{"role": "user", "content": "Who wrote Hamlet?"}]
        refused = client.chat.completions.parse(model="atlas", messages=unknown, response_format=Place)
        assert refused.choices[0].message.parsed is None and refused.choices[0].message.refusal


def test_errors_are_those_of_the_official_client(served: Served) -> None:
    with served.client() as client:
        with pytest.raises(openai.BadRequestError) as bad:
            client.chat.completions.create(model="atlas", messages=CHAD, n=2)
        assert (bad.value.code, bad.value.param) == ("unsupported_parameter", "n")
        with pytest.raises(openai.NotFoundError) as missing:
            client.chat.completions.create(model="gpt-9", messages=CHAD)
        assert missing.value.code == "model_not_found"
        with pytest.raises(openai.PermissionDeniedError):
            client.put("/knowledge/fact", body={"subject": "x", "property": "y", "value": "z"}, cast_to=object)
    with served.client("lk-wrong") as client, pytest.raises(openai.AuthenticationError):
        client.models.list()


def test_who_hangs_up_frees_the_engine(served: Served) -> None:
    with served.client() as client:
        stream = client.chat.completions.create(model="atlas", messages=SLOW, stream=True)
        assert next(stream).choices[0].delta.role == "assistant"
        assert next(stream).choices[0].delta.content == "The capital of Peru is Lima."
        assert served.metric("limbeck_queue_running") == 1.0
        answered = served.metric('limbeck_answers_total{outcome="answered"}')
        stream.close()
        wait_until(lambda: served.metric("limbeck_queue_running") == 0.0)
        assert served.metric('limbeck_answers_total{outcome="answered"}') == answered


def test_who_hangs_up_before_the_answer_frees_the_engine(served: Served) -> None:
    body = json.dumps({"model": "atlas", "messages": SLOW})
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.secret}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    answered = served.metric('limbeck_answers_total{outcome="answered"}')
    with served.connect() as raw:
        raw.sendall((head + body).encode())
        wait_until(lambda: served.metric("limbeck_queue_running") == 1.0)
    wait_until(lambda: served.metric("limbeck_queue_running") == 0.0)
    assert served.metric('limbeck_answers_total{outcome="answered"}') == answered


def test_what_is_no_request_breaks_nothing(served: Served) -> None:
    for sent in (b"\x00\xff\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000, b"POST /v1/completions HTTP/1.1\r\n"):
        with served.connect() as raw:
            raw.sendall(sent)
    with served.client() as client:
        assert client.models.retrieve("atlas").id == "atlas"


def test_sigterm_lets_a_stream_end(slow_bundle: Path, site: Path, tmp_path: Path) -> None:
    server = Served(slow_bundle, site, tmp_path)
    try:
        with server.client() as client:
            stream = client.chat.completions.create(model="atlas", messages=A_LITTLE_SLOW, stream=True)
            assert next(stream).choices[0].delta.role == "assistant"
            server.process.send_signal(signal.SIGTERM)
            rest = list(stream)
            assert rest[-1].choices[0].finish_reason == "stop"
            assert "from 8:30 to 16:00" in "".join(chunk.choices[0].delta.content or "" for chunk in rest)
        server.process.wait(WAIT_SECONDS)
        assert server.process.returncode == 0, server.log()
        log = server.log()
        assert "POST /v1/chat/completions 200" in log and "Traceback" not in log
        assert "visa" not in log and server.secret not in log
    finally:
        server.end()


def wait_until(is_so: Callable[[], bool]) -> None:
    ends = time.monotonic() + WAIT_SECONDS
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.02)
