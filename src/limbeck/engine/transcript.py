"""What an answer says so far: kept up to a stop text, and told only as far as no stop text can begin in it."""

from bisect import bisect_right
from collections.abc import Callable
from typing import final

from limbeck.engine.engine import Generation, Sampling
from limbeck.engine.vocabulary import Vocabulary


@final
class Transcript:
    """The tokens of one answer and, where a vocabulary is given, their text.

    Texts are compared as UTF-8, so a stop text is found wherever the tokens that write it begin and end.
    """

    def __init__(
        self, sampling: Sampling, vocabulary: Vocabulary | None, on_token: Callable[[int], None] | None = None
    ) -> None:
        self._stops = tuple(text.encode() for text in sampling.stop_texts)
        self._vocabulary = vocabulary
        self._on_token = on_token
        self._tokens: list[int] = []
        self._written = bytearray()
        self._ends: list[int] = []
        self._num_told = 0
        self.is_stopped = False

    def add(self, token: int) -> bool:
        """Take one more token, and tell whether a stop text ends the answer with it."""
        self._tokens.append(token)
        if self._vocabulary is None:
            self._tell(len(self._tokens))
            return False
        read = len(self._written)
        self._written += self._vocabulary.pieces_V[token]
        self._ends.append(len(self._written))
        # of several, the first to be complete counts, as if the text came letter by letter
        found = [
            (start + len(stop), start)
            for stop in self._stops
            if (start := self._written.find(stop, max(0, read - len(stop) + 1))) >= 0
        ]
        if found:
            self._cut(min(found)[1])
        self._tell(bisect_right(self._ends, len(self._written) - self._num_held()))
        return self.is_stopped

    def close(self, *, first_token_ms: float, total_ms: float, is_cut: bool) -> Generation:
        """Tell what was held back, and return the answer."""
        self._tell(len(self._tokens))
        text = None if self._vocabulary is None else self._written.decode("utf-8", "replace")
        return Generation(
            tokens=tuple(self._tokens),
            text=text,
            is_cut=is_cut and not self.is_stopped,
            first_token_ms=first_token_ms,
            total_ms=total_ms,
        )

    def _cut(self, start: int) -> None:
        del self._written[start:]
        kept = bisect_right(self._ends, start)
        del self._tokens[kept:], self._ends[kept:]
        self.is_stopped = True

    def _num_held(self) -> int:
        """Count the bytes at the end that may turn out to begin a stop text."""
        if self.is_stopped:
            return 0
        longest = max((len(stop) for stop in self._stops), default=1) - 1
        for count in range(min(longest, len(self._written)), 0, -1):
            if any(len(stop) > count and self._written.endswith(stop[:count]) for stop in self._stops):
                return count
        return 0

    def _tell(self, count: int) -> None:
        if self._on_token is not None:
            for token in self._tokens[self._num_told : count]:
                self._on_token(token)
        self._num_told = max(self._num_told, count)
