from collections.abc import Sequence

import pytest

from limbeck.serving.api.shown_text import ShownText


class Words:
    """One token a word, with the space before it."""

    def __init__(self) -> None:
        self._known: list[str] = []

    def encode(self, text: str) -> list[int]:
        found = []
        for word in text.replace(" ", "\n ").split("\n"):
            if word not in self._known:
                self._known.append(word)
            found.append(self._known.index(word))
        return found

    def decode(self, ids: Sequence[int]) -> str:
        return "".join(self._known[number] for number in ids)


def show(pieces: Sequence[str], stops: Sequence[str] = (), most: int | None = None) -> tuple[list[str], str, str]:
    sent: list[str] = []
    shown = ShownText(Words(), stops=stops, max_tokens=most, send=sent.append)
    for piece in pieces:
        shown.take(piece)
    end = shown.finish()
    assert "".join(sent) == shown.text
    return sent, shown.text, end


@pytest.mark.parametrize(
    ("pieces", "stops", "most", "text", "end"),
    [
        (["one two three"], (), None, "one two three", "stop"),
        (["one two three"], (), 2, "one two", "length"),
        (["one two three"], (), 3, "one two three", "stop"),
        (["one two three"], ("two",), None, "one ", "stop"),
        (["one t", "wo three"], ("two",), None, "one ", "stop"),
        (["one t", "en three"], ("two",), None, "one ten three", "stop"),
        (["one t"], ("two",), None, "one t", "stop"),
        (["one two three"], ("three", "two"), None, "one ", "stop"),
        (["one two three"], ("three",), 2, "one two", "length"),
        (["x"], ("x",), None, "", "stop"),
        ([], (), 4, "", "stop"),
    ],
)
def test_what_is_shown(pieces: list[str], stops: tuple[str, ...], most: int | None, text: str, end: str) -> None:
    assert show(pieces, stops, most)[1:] == (text, end)


def test_no_part_of_a_stop_text_is_ever_sent() -> None:
    sent, text, _ = show(["a", " s", "t", "o", "p", " b"], stops=(" stop",))
    assert (sent, text) == (["a"], "a")


def test_nothing_is_shown_after_the_end() -> None:
    assert show(["one stop", " two", " three"], stops=("stop",))[1] == "one "
