"""Put an answer into the form of a JSON schema, with nothing in it but what its cited rows say.

The engine's guide keeps to the form; here the schema is narrowed first, so that every text and number it leaves open is
one of a cited row. What no cited row can say is not said: then the answer is refused.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from limbeck.bundle.assistant import Assistant
from limbeck.bundle.reply import Reply
from limbeck.engine.engine import Generation, Sampling
from limbeck.serving.api.citing import place

MAX_TOKENS = 512
_PROMPT_CHARS = 240
_NUMBER = re.compile(r"([-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[-+]?\d+(?:\.\d+)?)(?:\s*(?:[^\W\d_]|[°%‰])\S*)?")
_SCALED = re.compile(r"thousand|million|billion|trillion|[十百千万亿]", re.IGNORECASE)
_SENTENCE = frozenset({"answer", "text", "sentence", "reply", "content", "回答", "答案"})
_SUBJECT = frozenset({"subject", "name", "entity", "主体", "名称"})
_VALUE = frozenset({"value", "值"})
_SOURCE = frozenset({"source", "citation", "来源"})
_SCALARS = ("string", "number", "integer", "boolean", "null")


class Unsayable(Exception):
    """A part of the schema that no cited row can fill; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """What an answer may draw on: its texts, and by name of field those of its rows."""

    texts: tuple[str, ...]
    named: Mapping[str, tuple[str, ...]]

    def texts_for(self, field: str) -> tuple[str, ...]:
        """Return the texts that fit the name of a field, or all where the name says nothing."""
        return self.named.get(field.casefold(), self.texts)

    def numbers_for(self, field: str) -> tuple[float | int, ...]:
        """Return the numbers among those texts."""
        found = [number_in(text) for text in self.texts_for(field)]
        return tuple(dict.fromkeys(number for number in found if number is not None))


def cited_in(reply: Reply) -> Cited:
    """Collect what the cited rows of an answer say, in its language."""
    named: dict[str, list[str]] = {}
    for row in reply.answer.evidence:
        value, subject = row.value.get(reply.language), row.subject.get(reply.language)
        label = row.property.get(reply.language)
        names = {row.property_id, row.property.en, row.property.zh, *_VALUE} - {""}
        for name, text in [*((name, value) for name in names), *((name, subject) for name in _SUBJECT)]:
            named.setdefault(name.casefold(), []).append(text)
        for name in _SOURCE:
            named.setdefault(name, []).append(place(row.citation))
        named.setdefault("property", []).append(label)
    named |= {name: [reply.answer.text] for name in _SENTENCE}
    texts = [reply.answer.text, *(text for group in named.values() for text in group)]
    unique = {name: tuple(dict.fromkeys(group)) for name, group in named.items()}
    return Cited(texts=tuple(dict.fromkeys(texts)), named=unique)


def number_in(text: str) -> float | int | None:
    """Return the number a value states, or None where it is none, or one in words such as "2 million"."""
    found = _NUMBER.fullmatch(text.strip())
    if found is None or _SCALED.search(text):
        return None
    digits = found[1].replace(",", "")
    return float(digits) if "." in digits else int(digits)


def narrow(schema: Mapping[str, Any], cited: Cited, field: str = "answer") -> dict[str, Any]:
    """Leave of a schema only what the cited rows can say.

    Raises: Unsayable: nothing is left of a part that has to be there.
    """
    if "enum" in schema:
        return {"enum": _kept(schema["enum"], cited, field)}
    types = schema.get("type", "string")
    types = [types] if isinstance(types, str) else list(types)
    wide: dict[str, Callable[[Mapping[str, Any], Cited, str], dict[str, Any]]] = {"object": _object, "array": _array}
    for name in types:
        if name in wide:
            return wide[name](schema, cited, field)
    return {"enum": _scalars([name for name in types if name in _SCALARS], cited, field)}


def write_json(
    assistant: Assistant,
    reply: Reply,
    schema: Mapping[str, Any],
    sampling: Sampling,
    on_token: Callable[[int], None],
) -> Generation:
    """Write an answer that is not refused as JSON after a schema; `on_token` hears each token, and may raise.

    Raises: Unsayable: the rows do not say what the schema asks for. LimbeckError: the engine cannot follow it.
    """
    narrowed = narrow(schema, cited_in(reply))
    prompt = assistant.encode_prompt(reply.answer.text[:_PROMPT_CHARS])
    form = json.dumps(narrowed, ensure_ascii=False)
    wanted = replace(sampling, json_schema=form, stop_ids=assistant.tokenizer.stop_ids, stop_texts=())
    return assistant.engine.generate(prompt, wanted, on_token)


def _object(schema: Mapping[str, Any], cited: Cited, field: str) -> dict[str, Any]:
    required = schema.get("required", [])
    properties: dict[str, Any] = {}
    for name, inner in schema.get("properties", {}).items():
        try:
            properties[name] = narrow(inner, cited, name)
        except Unsayable:
            if name in required:
                raise
    if not properties:
        raise Unsayable(f"{field}: an object without fields that the rows can fill")
    # what the rows can say is said: a model left to choose would leave fields out at random
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _array(schema: Mapping[str, Any], cited: Cited, field: str) -> dict[str, Any]:
    return {"type": "array", "items": narrow(schema.get("items", {}), cited, field)}


def _kept(choices: Sequence[Any], cited: Cited, field: str) -> list[Any]:
    said = {text.casefold() for text in cited.texts_for(field)}
    numbers = set(cited.numbers_for(field))
    kept = [
        choice
        for choice in choices
        if (isinstance(choice, str) and choice.casefold() in said)
        or (not isinstance(choice, bool | str) and choice is not None and choice in numbers)
    ]
    kept = kept or [choice for choice in choices if choice is None]
    if not kept:
        raise Unsayable(f"{field}: none of the choices stands in a cited row")
    return kept


def _scalars(types: Sequence[str], cited: Cited, field: str) -> list[Any]:
    found: list[Any] = list(cited.texts_for(field)) if "string" in types else []
    numbers = cited.numbers_for(field)
    if "number" in types:
        found += numbers
    elif "integer" in types:
        found += [number for number in numbers if isinstance(number, int)]
    found = found or ([None] if "null" in types else [])
    if not found:
        raise Unsayable(f"{field}: no cited row states a {' or '.join(types)}")
    return found
