"""One record to learn from: a plain text, or a dialogue of messages, and where it came from."""

from dataclasses import dataclass
from typing import Any, Literal

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a dialogue."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A text (`messages` is empty) or a dialogue (`text` is empty); `where` is such as `chat.jsonl:12`."""

    kind: Literal["text", "dialogue"]
    text: str
    messages: tuple[Message, ...]
    where: str

    @property
    def passages(self) -> tuple[str, ...]:
        """The text, or what was said turn by turn; system messages, which many dialogues share, are left out."""
        if self.kind == "text":
            return (self.text,)
        return tuple(message.content for message in self.messages if message.role != "system")

    @property
    def prompt(self) -> str:
        """What identifies the record: everything the user said, or the text itself."""
        if self.kind == "text":
            return self.text
        return "\n".join(message.content for message in self.messages if message.role == "user")

    @property
    def characters(self) -> int:
        """The length in characters, system messages included."""
        return len(self.text) + sum(len(message.content) for message in self.messages)

    def to_json(self) -> dict[str, Any]:
        """Return the record as one line of a training file: `{"text": …}` or `{"messages": […]}`."""
        if self.kind == "text":
            return {"text": self.text}
        return {"messages": [{"role": message.role, "content": message.content} for message in self.messages]}


def text_record(text: str, where: str) -> Record:
    """Make a record of a plain text."""
    return Record(kind="text", text=text, messages=(), where=where)


def dialogue_record(messages: tuple[Message, ...], where: str) -> Record:
    """Make a record of a dialogue."""
    return Record(kind="dialogue", text="", messages=messages, where=where)
