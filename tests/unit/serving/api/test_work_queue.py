import threading
from collections.abc import Callable, Iterator

import pytest

from limbeck.serving.api.work_queue import QueueClosed, QueueFull, Ticket, WorkQueue


@pytest.fixture
def queue() -> Iterator[WorkQueue]:
    made = WorkQueue(num_waiting=4)
    yield made
    made.close()


class Busy:
    """Work that waits until it is let go."""

    def __init__(self, queue: WorkQueue) -> None:
        self.begun, self.released = threading.Event(), threading.Event()
        self.ticket = Ticket("busy", self._work, 30)
        queue.submit(self.ticket)
        assert self.begun.wait(10)

    def _work(self, ticket: Ticket[bool]) -> bool:
        self.begun.set()
        self.released.wait(30)
        return ticket.should_stop()


def noted(client: str, name: str, order: list[str], deadline_s: float = 30) -> Ticket[str]:
    def work(ticket: Ticket[str]) -> str:
        order.append(name)
        return name

    return Ticket(client, work, deadline_s)


def run_all(queue: WorkQueue, busy: Busy, tickets: list[Ticket[str]]) -> None:
    for ticket in tickets:
        queue.submit(ticket)
    busy.released.set()
    for ticket in tickets:
        ticket.future.result(timeout=10)


def test_clients_take_turns(queue: WorkQueue) -> None:
    order: list[str] = []
    tickets = [noted("a", "a1", order), noted("a", "a2", order), noted("a", "a3", order), noted("b", "b1", order)]
    run_all(queue, Busy(queue), tickets)
    assert order == ["a1", "b1", "a2", "a3"]


def test_one_too_many_is_refused_until_a_place_is_free(queue: WorkQueue) -> None:
    busy, order = Busy(queue), []
    tickets = [noted("a", str(number), order) for number in range(4)]
    for ticket in tickets:
        queue.submit(ticket)
    assert (queue.num_waiting(), queue.num_running()) == (4, 1)
    with pytest.raises(QueueFull):
        queue.submit(noted("b", "late", order))
    queue.leave(tickets[1])
    queue.submit(noted("b", "late", order))
    busy.released.set()
    queue.close()
    assert order == ["0", "late", "2", "3"]


def test_who_leaves_is_told_so_at_work_and_never_begun_in_line(queue: WorkQueue) -> None:
    busy, order = Busy(queue), []
    waiting = noted("a", "left", order)
    queue.submit(waiting)
    queue.leave(waiting)
    queue.leave(busy.ticket)
    busy.released.set()
    assert busy.ticket.future.result(timeout=10) is True
    assert waiting.future.cancelled() and order == []


def test_a_deadline_that_has_passed_stops_the_work(queue: WorkQueue) -> None:
    asked: Ticket[bool] = Ticket("a", lambda ticket: ticket.should_stop(), 0.0)
    queue.submit(asked)
    assert asked.future.result(timeout=10) is True
    assert asked.left_s() == 0.0


def test_an_error_goes_to_who_waits_and_the_line_goes_on(queue: WorkQueue) -> None:
    def fail(ticket: Ticket[str]) -> str:
        raise ValueError("odd")

    failing: Ticket[str] = Ticket("a", fail, 30)
    queue.submit(failing)
    with pytest.raises(ValueError, match="odd"):
        failing.future.result(timeout=10)
    fine = noted("a", "fine", [])
    queue.submit(fine)
    assert fine.future.result(timeout=10) == "fine"


def test_a_closed_queue_finishes_who_waits_and_takes_no_more(queue: WorkQueue) -> None:
    busy, order = Busy(queue), []
    queue.submit(noted("a", "waiting", order))
    threading.Timer(0.05, busy.released.set).start()
    queue.close()
    assert order == ["waiting"]
    with pytest.raises(QueueClosed):
        queue.submit(noted("a", "late", order))


def test_many_threads_lose_no_work(queue: WorkQueue) -> None:
    done: list[int] = []
    lock = threading.Lock()

    def work(number: int) -> Callable[[Ticket[None]], None]:
        def add(ticket: Ticket[None]) -> None:
            with lock:
                done.append(number)

        return add

    def send(first: int) -> None:
        for number in range(first, first + 25):
            while True:
                try:
                    queue.submit(Ticket(str(first), work(number), 30))
                    break
                except QueueFull:
                    threading.Event().wait(0.001)

    threads = [threading.Thread(target=send, args=(first,)) for first in (0, 25, 50, 75)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    queue.close()
    assert sorted(done) == list(range(100))
