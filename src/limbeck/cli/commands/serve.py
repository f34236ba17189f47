"""Serve a bundle over HTTP, as OpenAI's clients speak it."""

from pathlib import Path
from typing import Any

import click

from limbeck.cli.console import emit, json_option, note, say
from limbeck.cli.parameters import engine_option

_HOW = "limbeck serve build/atlas, or limbeck serve --new-key NAME"


@click.command("serve")
@click.argument("bundle", type=click.Path(path_type=Path), required=False)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address; others than this machine need keys.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes a free one.")
@engine_option
@click.option("--queue", type=click.IntRange(min=1), default=32, show_default=True, help="The most requests that wait.")
@click.option(
    "--deadline", type=click.FloatRange(0, min_open=True), default=60.0, show_default=True, help="Seconds per request."
)
@click.option("--keys", type=click.Path(path_type=Path), help="The file of keys; this user's by default.")
@click.option("--new-key", metavar="NAME", help="Make a key, print it once, and end.")
@click.option("--scope", default="read,chat", show_default=True, help="What a new key may: read,chat,knowledge,admin.")
@click.option("--drop-key", metavar="NAME", help="Take a key back, and end; a running server keeps it until it ends.")
@json_option
def command(
    bundle: Path | None,
    keys: Path | None,
    new_key: str | None,
    scope: str,
    drop_key: str | None,
    as_json: bool,
    **how: Any,
) -> None:
    """Serve a bundle over HTTP, as OpenAI's clients speak it.

    Answers are made one after another; who waits takes turns. Where there are keys, every request needs one. Ctrl-C or
    SIGTERM ends it once what is under way is done.
    """
    from limbeck.core.errors import UsageError
    from limbeck.serving.api.keys import default_path

    path = keys or default_path()
    asked = [given for given in (bundle, new_key, drop_key) if given is not None]
    if len(asked) != 1:
        raise UsageError("give a bundle, --new-key or --drop-key, one of them", where="limbeck serve", fix=_HOW)
    if new_key is not None:
        _make_key(path, new_key, scope, as_json)
    elif drop_key is not None:
        _drop_key(path, drop_key, as_json)
    elif bundle is not None:
        _serve(bundle, path, as_json, **how)


def _make_key(path: Path, name: str, scope: str, as_json: bool) -> None:
    from limbeck.serving.api.keys import new_key

    scopes = [part.strip() for part in scope.split(",") if part.strip()]
    secret = new_key(path, name, scopes)
    if as_json:
        emit({"name": name, "scopes": scopes, "key": secret, "file": str(path)})
        return
    say(secret)
    note(f"this is shown once; its digest is in {path}")


def _drop_key(path: Path, name: str, as_json: bool) -> None:
    from limbeck.serving.api.keys import drop_key

    drop_key(path, name)
    if as_json:
        emit({"dropped": name, "file": str(path)})
        return
    say(f"dropped {name}; servers that run keep it until they end")


def _serve(
    bundle: Path, keys_path: Path, as_json: bool, *, host: str, port: int, engine: str | None, **limits: Any
) -> None:
    from limbeck.bundle.assistant import open_bundle
    from limbeck.serving.api.address import check_address, listen, url_of
    from limbeck.serving.api.app import make_app
    from limbeck.serving.api.keys import read_keys
    from limbeck.serving.api.limits import Limits
    from limbeck.serving.api.server import run_server
    from limbeck.serving.api.service import Service

    bounds = Limits(num_waiting=limits["queue"], deadline_s=limits["deadline"])
    keys = read_keys(keys_path)
    check_address(host, has_keys=bool(keys))
    with listen(host, port) as opened:
        service = Service(bundle, open_bundle(bundle, engine), bounds)
        url = url_of(opened)
        if as_json:
            emit({"name": service.name, "url": url, "num_keys": len(keys)}, one_line=True)
        else:
            guarded = f"keys: {', '.join(key.name for key in keys)}" if keys else "no key is needed"
            say(f"{service.name} answers at {url}/v1 ({guarded}); Ctrl-C ends it")
        run_server(make_app(service, keys=keys, host=host), opened, grace_s=bounds.deadline_s)
