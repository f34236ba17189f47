"""What an opened bundle gives back for one question."""

from collections.abc import Mapping
from dataclasses import dataclass

from limbeck.corpus.language import Language
from limbeck.fusion.answer import Answer
from limbeck.knowledge.evidence import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer, the evidence the model was shown, what it wrote, and where the time went.

    `timings_ms` has `search`, `first_token`, `generate` and `total`; `num_prompt_tokens` is what the model read, 0
    where nothing was found to read.
    """

    answer: Answer
    language: Language
    timings_ms: Mapping[str, float]
    shown: tuple[Evidence, ...]
    written: str = ""
    num_prompt_tokens: int = 0

    @property
    def names_subject(self) -> bool:
        """Tell whether the question itself named what it is about."""
        return any(row.link == "named" for row in self.shown)
