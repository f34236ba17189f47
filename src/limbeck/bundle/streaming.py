"""Show an answer while it is written, holding back what may still turn out a refusal."""

from collections.abc import Callable, Mapping, Sequence
from typing import final

from limbeck.fusion.answer import render
from limbeck.knowledge.evidence import Evidence


@final
class Stream:
    """Send the readable part of an answer on, piece by piece; nothing before its first value."""

    def __init__(
        self,
        decode: Callable[[Sequence[int]], str],
        evidence: Sequence[Evidence],
        language: str,
        forms: Mapping[str, str],
        send: Callable[[str], None],
    ) -> None:
        self._decode = decode
        self._evidence = evidence
        self._language = language
        self._forms = forms
        self._send = send
        self._tokens: list[int] = []
        self._sent = ""

    def take(self, token: int) -> None:
        """Hear one more token."""
        self._tokens.append(token)
        written = self._decode(self._tokens)
        whole = written[: written.rfind("⟦")] if written.rfind("⟦") > written.rfind("⟧") else written
        answer = render(whole.rstrip("\ufffd"), self._evidence, self._language, self._forms)
        if not answer.refused:
            self._pass_on(answer.text)

    def finish(self, text: str) -> None:
        """Send what is left of the final text; a refusal after all starts on a line of its own."""
        if text.startswith(self._sent):
            self._pass_on(text)
        else:
            self._send("\n" + text)

    def _pass_on(self, text: str) -> None:
        if text.startswith(self._sent) and len(text) > len(self._sent):
            self._send(text[len(self._sent) :])
            self._sent = text
