"""Run an app until it is told to end: what is under way is finished, then the process goes."""

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from limbeck.serving.api.observer import LOG

_KEEP_ALIVE_SECONDS = 5
_MOST_HEADER_BYTES = 32 * 1024
_ENDS = (signal.SIGINT, signal.SIGTERM)


def run_server(app: FastAPI, opened: socket.socket, *, grace_s: float) -> None:
    """Answer at an open socket until Ctrl-C or SIGTERM, then finish within `grace_s`."""
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=max(1, round(grace_s)),
        h11_max_incomplete_event_size=_MOST_HEADER_BYTES,
    )
    with _log_lines(), _ends_quietly():
        asyncio.run(uvicorn.Server(config).serve(sockets=[opened]))


@contextmanager
def _ends_quietly() -> Iterator[None]:
    """Keep a signal that the server has obeyed from ending the process once more, as uvicorn would have it."""
    before = {number: signal.signal(number, lambda *_: None) for number in _ENDS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _log_lines() -> Iterator[None]:
    """Write a line for each request to standard error."""
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    LOG.addHandler(lines)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
    try:
        yield
    finally:
        LOG.removeHandler(lines)
