"""One opened bundle and the line before it: whatever a route does with the bundle runs here, one after another."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, final

from fastapi import Request

from limbeck.bundle.assistant import Assistant
from limbeck.bundle.editing import writing
from limbeck.core.disk import read_json
from limbeck.knowledge.base import KnowledgeBase
from limbeck.knowledge.embedder import Embedder
from limbeck.serving.api.failure import ApiError
from limbeck.serving.api.guard import client_of
from limbeck.serving.api.limits import Limits
from limbeck.serving.api.metrics import Metrics
from limbeck.serving.api.running import Running, Work, while_connected
from limbeck.serving.api.work_queue import WorkQueue

_CONFIG = Path("tokenizer/config.json")
_Result = TypeVar("_Result")


@final
class Service:
    """What the routes share."""

    def __init__(self, folder: Path, assistant: Assistant, limits: Limits) -> None:
        self.assistant = assistant
        self.limits = limits
        self.queue = WorkQueue(num_waiting=limits.num_waiting)
        self.metrics = Metrics(self.queue)
        self.started = int(time.time())
        self.context_tokens = _context_tokens(folder)
        self._folder = folder

    @property
    def name(self) -> str:
        """Return the name of the bundle, which is that of its model."""
        return self.assistant.manifest.name

    @property
    def encoder_name(self) -> str:
        """Return the name of the bundle's encoder."""
        return f"{self.name}-encoder"

    @property
    def knowledge(self) -> KnowledgeBase:
        """Return the opened knowledge base."""
        knowledge = self.assistant.knowledge
        assert isinstance(knowledge, KnowledgeBase)
        return knowledge

    @property
    def embedder(self) -> Embedder | None:
        """Return the bundle's encoder, if it has one."""
        return self.knowledge.embedder

    def check_model(self, name: str, known: str) -> None:
        """Refuse another model than the one there is.

        Raises: ApiError: another name.
        """
        if name != known:
            what = f"there is no model {name!r} here; this server has {known!r}"
            raise ApiError(404, what, code="model_not_found", param="model")

    def start(self, request: Request, work: Work[_Result]) -> Running[_Result]:
        """Put work in line for whoever sent a request.

        Raises: ApiError: the queue is full, or the server stops.
        """
        return Running(self.queue, client_of(request), work, deadline_s=self.limits.deadline_s)

    async def run(self, request: Request, work: Callable[[], _Result]) -> _Result:
        """Do some work in turn, and return what came of it.

        Raises: ApiError: as `start`, or the deadline passed, or the client hung up; and whatever the work raised.
        """
        running = self.start(request, lambda send, should_stop: work())
        return await while_connected(request, running, running.result())

    def edit(self, kind: str, change: Callable[[KnowledgeBase], _Result]) -> _Result:
        """Edit the bundle's knowledge and seal it anew; the next answer sees it.

        Raises: KnowledgeError: the edit is refused. BundleError: the bundle was altered by others.
        """
        with writing(self._folder) as base:
            done = change(base)
        self.metrics.count_edit(kind)
        return done

    def close(self) -> None:
        """Finish what waits, then free the bundle."""
        self.queue.close()
        self.assistant.close()


def _context_tokens(folder: Path) -> int | None:
    """Return how many tokens the model of a bundle reads at once, None where its configuration does not say."""
    most = (read_json(folder / _CONFIG) or {}).get("max_position_embeddings")
    return most if isinstance(most, int) else None


def service_of(request: Request) -> Service:
    """Return the service of the app that a request came to."""
    service: Service = request.app.state.service
    return service
