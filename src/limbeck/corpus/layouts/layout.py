"""The layouts that rows come in, and how one row is recognised by the names and kinds of its fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from limbeck.corpus.layouts.mapping import FieldMapping
from limbeck.corpus.reading.row import Fields

Kind = Literal["text", "pair", "alpaca", "ShareGPT", "messages"]

_CHATS = ("messages", "conversations", "conversation", "dialogue", "dialog", "turns", "对话")
_ALPACA = (("instruction", "output"), ("instruction", "response"), ("指令", "输出"))
_PAIRS = (
    ("prompt", "completion"),
    ("prompt", "response"),
    ("prompt", "answer"),
    ("prompt", "output"),
    ("question", "answer"),
    ("question", "response"),
    ("query", "answer"),
    ("query", "response"),
    ("input", "output"),
    ("input", "target"),
    ("source", "target"),
    ("user", "assistant"),
    ("human", "assistant"),
    ("q", "a"),
    ("问题", "回答"),
    ("问题", "答案"),
    ("提问", "回答"),
    ("问", "答"),
    ("输入", "输出"),
)
_TEXTS = ("text", "content", "body", "document", "passage", "paragraph", "story", "sentence", "文本", "内容", "正文")
_ABOUT = frozenset(
    "id _id idx index uuid url source category label labels split lang language date type 编号 序号 来源 类别".split()
)
_PREFERENCE = frozenset({"chosen", "rejected"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A kind of row and the fields that hold its parts, in order; `is_guess` where no usual name told."""

    kind: Kind
    fields: tuple[str, ...]
    is_guess: bool = False

    def __str__(self) -> str:
        shown = " → ".join(self.fields)
        names = {
            "text": f"text ({shown})" if shown else "text",
            "pair": f"pairs ({shown})",
            "alpaca": f"alpaca ({shown})",
            "ShareGPT": f"ShareGPT ({shown}: from, value)",
            "messages": f"OpenAI messages ({shown}: role, content)",
        }
        return names[self.kind] + (", guessed" if self.is_guess else "")


PLAIN = Layout(kind="text", fields=())
"""A passage without fields."""


def layout_of(fields: Fields, mapping: FieldMapping) -> Layout | None:
    """Recognise one row: by the fields a user named, then by usual names, then by what text it has; else None."""
    if mapping.given:
        return _mapped(fields, mapping)
    names = {name.strip().casefold(): name for name in fields if isinstance(name, str)}
    return _chat(fields, names) or _named(names) or _guessed(fields)


def _mapped(fields: Fields, mapping: FieldMapping) -> Layout | None:
    if any(name not in fields for name in mapping.given):
        return None
    if mapping.messages:
        return _chat_in(fields, mapping.messages)
    if mapping.text:
        return Layout(kind="text", fields=(mapping.text,))
    return Layout(kind="pair", fields=(mapping.prompt, mapping.completion))


def _chat(fields: Fields, names: Mapping[str, str]) -> Layout | None:
    named = [names[name] for name in _CHATS if name in names and isinstance(fields[names[name]], list)]
    return _chat_in(fields, named[0]) if named else None


def _chat_in(fields: Fields, field: str) -> Layout:
    turns = fields[field]
    first = turns[0] if isinstance(turns, list) and turns else None
    keys = set(first) if isinstance(first, dict) else set()
    is_sharegpt = "from" in keys or "value" in keys or (not keys & {"role", "content"} and field == "conversations")
    return Layout(kind="ShareGPT" if is_sharegpt else "messages", fields=(field,))


def _named(names: Mapping[str, str]) -> Layout | None:
    if names.keys() >= _PREFERENCE:
        return None
    kinds: tuple[tuple[Kind, tuple[tuple[str, ...], ...]], ...] = (
        ("alpaca", _ALPACA),
        ("pair", _PAIRS),
        ("text", tuple((name,) for name in _TEXTS)),
    )
    for kind, sets in kinds:
        for wanted in sets:
            if all(name in names for name in wanted):
                return Layout(kind=kind, fields=tuple(names[name] for name in wanted))
    return None


def _guessed(fields: Fields) -> Layout | None:
    """Take the only field with text as a text, the only two as a pair; whatever numbers there are aside."""
    others = {name: value for name, value in fields.items() if name.strip().casefold() not in _ABOUT}
    if any(isinstance(value, list | dict) for value in others.values()):
        return None
    texts = tuple(name for name, value in others.items() if isinstance(value, str) and not _is_number(value))
    if len(texts) == 1:
        return Layout(kind="text", fields=texts, is_guess=True)
    return Layout(kind="pair", fields=texts, is_guess=True) if len(texts) == 2 else None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
