"""Which fields of a row hold what, where their names do not tell."""

from dataclasses import dataclass

from limbeck.core.errors import LimbeckError


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMapping:
    """Names of fields that a user gave; empty ones are found by their usual names.

    Raises: LimbeckError: a prompt without its completion, or more than one of text, pair and messages.
    """

    text: str = ""
    prompt: str = ""
    completion: str = ""
    messages: str = ""

    def __post_init__(self) -> None:
        if bool(self.prompt) != bool(self.completion):
            raise LimbeckError("a prompt needs its completion, and the other way round", fix="name both fields")
        if sum(map(bool, (self.text, self.prompt, self.messages))) > 1:
            what = "rows are a text, a prompt with its completion, or messages, and not two of them"
            raise LimbeckError(what, fix="name the fields of one")

    @property
    def given(self) -> tuple[str, ...]:
        """The names that were given."""
        return tuple(name for name in (self.text, self.prompt, self.completion, self.messages) if name)
