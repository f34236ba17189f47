"""The part of an answer that a client asked to see: up to a stop text, and no longer than it wants. T = tokens."""

from collections.abc import Callable, Sequence
from typing import Literal, Protocol, final

End = Literal["stop", "length"]
_BROKEN = "\ufffd"


class Tokenizer(Protocol):
    """What text is counted by."""

    def encode(self, text: str) -> list[int]:
        """Tokenise."""

    def decode(self, ids: Sequence[int]) -> str:
        """Write tokens as text."""


@final
class ShownText:
    """A text that grows piece by piece, and what of it is shown.

    What may turn out to begin a stop text is held back, so no part of one is ever shown.
    """

    def __init__(
        self, tokenizer: Tokenizer, *, stops: Sequence[str], max_tokens: int | None, send: Callable[[str], None]
    ) -> None:
        self._tokenizer = tokenizer
        self._stops = tuple(stops)
        self._max_tokens = max_tokens
        self._send = send
        self._whole = ""
        self.text = ""
        self.end: End | None = None

    def take(self, piece: str) -> None:
        """Hear one more piece; nothing is shown after an end."""
        if self.end is None:
            self._whole += piece
            self._show(is_last=False)

    def finish(self) -> End:
        """Show what was held back, and tell why the text ends here."""
        if self.end is None:
            self._show(is_last=True)
        self.end = self.end or "stop"
        return self.end

    def num_tokens(self) -> int:
        """Count what is shown."""
        return len(self._tokenizer.encode(self.text)) if self.text else 0

    def _show(self, *, is_last: bool) -> None:
        shown, end = self._whole, None
        found = [start for stop in self._stops if (start := shown.find(stop)) >= 0]
        if found:
            shown, end = shown[: min(found)], "stop"
        elif not is_last:
            shown = shown[: len(shown) - self._num_held(shown)]
        shown, is_cut = self._within(shown)
        if shown.startswith(self.text) and len(shown) > len(self.text):
            self._send(shown[len(self.text) :])
            self.text = shown
        self.end = "length" if is_cut else end  # type: ignore[assignment]

    def _within(self, text: str) -> tuple[str, bool]:
        if self._max_tokens is None:
            return text, False
        ids_T = self._tokenizer.encode(text)
        if len(ids_T) <= self._max_tokens:
            return text, False
        return self._tokenizer.decode(ids_T[: self._max_tokens]).rstrip(_BROKEN), True

    def _num_held(self, text: str) -> int:
        longest = max((len(stop) for stop in self._stops), default=1) - 1
        for count in range(min(longest, len(text)), 0, -1):
            if any(len(stop) > count and text.endswith(stop[:count]) for stop in self._stops):
                return count
        return 0
