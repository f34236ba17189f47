"""One worker for one engine: requests wait in line, and clients take turns.

An engine holds one sequence at a time, so answers are made one after another. A client that sends many requests waits
behind its own: of those who wait, each gets one turn in a round.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar, final

_Result = TypeVar("_Result")


class QueueFull(Exception):
    """As many requests wait as may."""


class QueueClosed(Exception):
    """No more requests are taken."""


@final
class Ticket(Generic[_Result]):
    """One request's place in line: its work, and whether anybody still waits for the result."""

    def __init__(self, client: str, work: Callable[["Ticket[_Result]"], _Result], deadline_s: float) -> None:
        self.client = client
        self.future: Future[_Result] = Future()
        self._work = work
        self._ends = time.monotonic() + deadline_s
        self._is_left = threading.Event()

    def left_s(self) -> float:
        """Return the seconds until the deadline, 0 once it has passed."""
        return max(0.0, self._ends - time.monotonic())

    def leave(self) -> None:
        """Tell that nobody waits any more."""
        self._is_left.set()
        self.future.cancel()

    def should_stop(self) -> bool:
        """Tell whether going on is in vain."""
        return self._is_left.is_set() or not self.left_s()

    def run(self) -> None:
        """Do the work, unless nobody waits for it."""
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            result = self._work(self)
        except BaseException as error:
            self.future.set_exception(error)
        else:
            self.future.set_result(result)


@final
class WorkQueue:
    """A bounded line before one worker thread."""

    def __init__(self, *, num_waiting: int) -> None:
        self._most = num_waiting
        self._lines: dict[str, deque[Ticket[object]]] = {}
        self._changed = threading.Condition()
        self._is_open = True
        self._running = 0
        self._thread = threading.Thread(target=self._serve, name="limbeck-worker", daemon=True)
        self._thread.start()

    @property
    def is_open(self) -> bool:
        """Tell whether requests are taken."""
        return self._is_open

    def num_waiting(self) -> int:
        """Count those in line, the one that runs apart."""
        with self._changed:
            return self._count()

    def num_running(self) -> int:
        """Count those at work: none or one."""
        return self._running

    def submit(self, ticket: Ticket[_Result]) -> None:
        """Put a request in line.

        Raises: QueueFull: as many wait as may. QueueClosed: the server stops.
        """
        with self._changed:
            if not self._is_open:
                raise QueueClosed
            if self._count() >= self._most:
                raise QueueFull
            self._lines.setdefault(ticket.client, deque()).append(ticket)  # type: ignore[arg-type]
            self._changed.notify()

    def leave(self, ticket: Ticket[_Result]) -> None:
        """Give up a place: one in line is free at once, one at work stops at its next token."""
        ticket.leave()
        with self._changed:
            line = self._lines.get(ticket.client)
            if line is not None and ticket in line:
                line.remove(ticket)  # type: ignore[arg-type]
                if not line:
                    del self._lines[ticket.client]

    def close(self) -> None:
        """Take no more requests, finish those in line, and wait for the worker."""
        with self._changed:
            self._is_open = False
            self._changed.notify()
        self._thread.join()

    def _count(self) -> int:
        return sum(map(len, self._lines.values()))

    def _next(self) -> Ticket[object] | None:
        """Wait for a ticket and take it; its client goes to the end of the round."""
        with self._changed:
            self._changed.wait_for(lambda: self._lines or not self._is_open)
            if not self._lines:
                return None
            client = next(iter(self._lines))
            line = self._lines.pop(client)
            ticket = line.popleft()
            if line:
                self._lines[client] = line
            self._running = 1
            return ticket

    def _serve(self) -> None:
        while (ticket := self._next()) is not None:
            ticket.run()
            self._running = 0
