"""What a server counts, in the format of Prometheus; no text of anybody is in it."""

from typing import final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from limbeck.serving.api.work_queue import WorkQueue

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@final
class Metrics:
    """The counts of one server."""

    def __init__(self, queue: WorkQueue) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "limbeck_requests", "Requests answered.", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "limbeck_request_seconds",
            "From arrival to the last byte.",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._answers = Counter(
            "limbeck_answers", "Questions answered, or refused.", ("outcome",), registry=self._registry
        )
        self._tokens = Counter("limbeck_tokens", "Tokens read and written.", ("kind",), registry=self._registry)
        self._edits = Counter("limbeck_edits", "Edits of the knowledge.", ("kind",), registry=self._registry)
        waiting = Gauge("limbeck_queue_waiting", "Requests that wait for the engine.", registry=self._registry)
        waiting.set_function(queue.num_waiting)
        running = Gauge("limbeck_queue_running", "Requests at the engine.", registry=self._registry)
        running.set_function(queue.num_running)

    def count_request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def count_answer(self, *, refused: bool) -> None:
        """Count one question."""
        self._answers.labels("refused" if refused else "answered").inc()

    def count_tokens(self, *, num_read: int, num_written: int) -> None:
        """Count the tokens of one request."""
        self._tokens.labels("read").inc(num_read)
        self._tokens.labels("written").inc(num_written)

    def count_edit(self, kind: str) -> None:
        """Count one edit."""
        self._edits.labels(kind).inc()

    def text(self) -> bytes:
        """Write every count."""
        return generate_latest(self._registry)
