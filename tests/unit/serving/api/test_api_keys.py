import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from limbeck.cli import main
from limbeck.core.errors import LimbeckError, MachineError, UsageError
from limbeck.serving.api.address import check_address, is_loopback, listen, url_of
from limbeck.serving.api.keys import drop_key, find_key, new_key, read_keys

Connect = Callable[..., TestClient]
ROUTES = [
    ("GET", "/v1/models", "read"),
    ("GET", "/v1/knowledge?question=x", "read"),
    ("POST", "/v1/chat/completions", "chat"),
    ("POST", "/v1/completions", "chat"),
    ("POST", "/v1/embeddings", "chat"),
    ("PUT", "/v1/knowledge/fact", "knowledge"),
    ("DELETE", "/v1/knowledge/fact?subject=x&property=x", "knowledge"),
    ("DELETE", "/v1/knowledge/source?name=x", "knowledge"),
    ("POST", "/v1/knowledge/undo", "knowledge"),
    ("GET", "/metrics", "admin"),
]


def test_a_key_is_kept_as_a_digest(tmp_path: Path) -> None:
    path = tmp_path / "here/keys.json"
    secret = new_key(path, "laptop", ["chat", "read"])
    assert secret not in path.read_text() and secret[3:] not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (key,) = read_keys(path)
    assert (key.name, key.scopes) == ("laptop", ("read", "chat"))
    assert find_key((key,), secret) == key
    assert find_key((key,), secret[:-1]) is None and find_key((key,), "") is None
    drop_key(path, "laptop")
    assert read_keys(path) == ()


def test_bad_keys_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    for name, scopes in (("a", ["root"]), ("a", []), ("", ["read"]), ("a\nb", ["read"])):
        with pytest.raises(UsageError):
            new_key(path, name, scopes)
    new_key(path, "a", ["read"])
    for bad in (lambda: new_key(path, "a", ["read"]), lambda: drop_key(path, "b")):
        with pytest.raises(UsageError, match=r"key 'a' already|no key 'b'"):
            bad()
    for text in ("", "[]", "{}", '{"schema": 2, "keys": []}', '{"schema": 1, "keys": [{"name": "a"}]}'):
        path.write_text(text)
        with pytest.raises(LimbeckError, match="cannot be read"):
            read_keys(path)


def test_each_route_wants_its_scope(connect: Connect, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    secrets = {scope: new_key(path, scope, [scope]) for scope in ("read", "chat", "knowledge", "admin")}
    client = connect(keys=read_keys(path))
    for method, route, wanted in ROUTES:
        for scope, secret in secrets.items():
            answer = client.request(method, route, headers={"authorization": f"Bearer {secret}"})
            assert (answer.status_code == 403) == (scope != wanted), (route, scope, answer.text)
            if scope != wanted:
                assert answer.json()["error"]["code"] == "missing_scope"


def test_without_the_right_key_only_health_is_told(connect: Connect, tmp_path: Path) -> None:
    new_key(tmp_path / "keys.json", "a", ["read"])
    client = connect(keys=read_keys(tmp_path / "keys.json"))
    for headers in (
        {},
        {"authorization": "Bearer lk-wrong"},
        {"authorization": "Basic x"},
        {"authorization": "Bearer"},
    ):
        for route in (*(route for _, route, _ in ROUTES), "/openapi.json", "/nothing"):
            answer = client.get(route, headers=headers)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), route
            assert answer.json()["error"]["type"] == "authentication_error"
        assert client.get("/healthz", headers=headers).status_code == 200
        assert client.get("/readyz", headers=headers).status_code == 200


def test_every_route_is_in_the_list_above(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    known = {(method, route.partition("?")[0]) for method, route, _ in ROUTES}
    open_to_all = {("GET", "/healthz"), ("GET", "/readyz")}
    same_router = {("GET", "/v1/models/{model}"), ("GET", "/v1/knowledge/citation")}
    assert {(method.upper(), path) for path, at in paths.items() for method in at} == known | open_to_all | same_router


def test_only_this_machine_is_served_without_keys() -> None:
    assert is_loopback("127.0.0.1") and is_loopback("localhost") and is_loopback("::1")
    check_address("0.0.0.0", has_keys=True)
    for host in ("0.0.0.0", "", "192.0.2.1", "::"):
        with pytest.raises(UsageError, match="no key is configured"):
            check_address(host, has_keys=False)
    with pytest.raises(UsageError, match="there is no address"):
        check_address("no such host", has_keys=True)


def test_a_taken_port_is_told() -> None:
    with listen("127.0.0.1", 0) as opened:
        port = opened.getsockname()[1]
        assert url_of(opened) == f"http://127.0.0.1:{port}"
        with pytest.raises(MachineError, match="cannot listen"):
            listen("127.0.0.1", port)


def test_the_command_makes_and_drops_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "keys.json")
    assert main.run(["serve", "--keys", path, "--new-key", "phone", "--scope", "read, admin", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["name"], told["scopes"]) == ("phone", ["read", "admin"])
    assert find_key(read_keys(Path(path)), told["key"])
    assert main.run(["serve", "--keys", path, "--new-key", "laptop"]) == 0
    assert capsys.readouterr().out.startswith("lk-")
    assert main.run(["serve", "--keys", path, "--drop-key", "laptop"]) == 0
    assert [key.name for key in read_keys(Path(path))] == ["phone"]


def test_the_command_says_what_is_missing(
    shared_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for arguments, code, told in (
        ([], 2, "give a bundle, --new-key or --drop-key"),
        ([str(shared_bundle), "--new-key", "x"], 2, "one of them"),
        ([str(shared_bundle), "--host", "0.0.0.0"], 2, "--new-key NAME"),
        ([str(shared_bundle), "--engine", "none"], 1, "was not packed for engine 'none'"),
        ([str(tmp_path)], 1, "is not a bundle"),
        ([str(shared_bundle), "--deadline", "nan"], 2, "up to 86400 seconds"),
        (["--new-key", "x", "--scope", "root"], 2, "unknown scope 'root'"),
    ):
        assert main.run(["serve", "--port", "0", *arguments]) == code
        assert told in capsys.readouterr().err
