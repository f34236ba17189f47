import os
import threading
import time
from pathlib import Path

import pytest

from limbeck.core.errors import Interrupted
from limbeck.core.lock import holder, is_held, locked, locked_if_free


def test_only_one_holds_and_others_learn_who(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "a.lock"
    heard: list[int | None] = []
    assert not is_held(path)
    with locked(path):
        assert is_held(path)
        assert holder(path) == os.getpid()
        with locked_if_free(path) as free:
            assert not free
        with pytest.raises(Interrupted), locked(path, waiting=heard.append, should_stop=lambda: True):
            pass
    assert heard == [os.getpid()]
    assert not is_held(path)
    assert list(path.parent.iterdir()) == []


def test_waiting_ends_when_the_holder_is_done(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    first = locked(path)
    first.__enter__()
    with locked(path, waiting=lambda pid: first.__exit__(None, None, None)):
        assert is_held(path)


def test_file_left_by_a_killed_holder_is_free(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    path.write_text("999999")
    assert not is_held(path)
    with locked_if_free(path) as free:
        assert free and holder(path) == os.getpid()


def test_lock_is_given_back_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path / "a.lock"):
        raise ZeroDivisionError
    assert not is_held(tmp_path / "a.lock")


def test_holder_of_a_torn_file_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "a.lock").write_bytes(b"\xff")
    assert holder(tmp_path / "a.lock") is None


def test_never_two_hold_it_while_many_take_and_release(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    inside: list[int] = []
    most: list[int] = []
    end = time.monotonic() + 0.5

    def compete(number: int) -> None:
        while time.monotonic() < end:
            with locked_if_free(path) as free:
                if free:
                    inside.append(number)
                    time.sleep(0)
                    most.append(len(inside))
                    inside.remove(number)

    threads = [threading.Thread(target=compete, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) > 10 and max(most) == 1
