"""Write a conversation the way the model was taught to read it, in training and in use alike."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn, final

from jinja2 import TemplateError, TemplateSyntaxError, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from limbeck.core.errors import LimbeckError

FILE_NAME = "chat_template.jinja"


@final
class ChatTemplate:
    """A Jinja template that turns messages into a prompt, rendered as transformers does.

    Args:
        special_tokens: names a template may use, such as `bos_token`.
    Raises: LimbeckError: the template is not valid Jinja.
    """

    def __init__(self, source: str, special_tokens: Mapping[str, str] | None = None) -> None:
        self.source = source
        self._special_tokens = dict(special_tokens or {})
        try:
            self._template = _environment().from_string(source)
        except TemplateSyntaxError as error:
            raise LimbeckError(f"the chat template is broken: {error}", where=f"{FILE_NAME}:{error.lineno}") from error

    def render(self, messages: Sequence[Mapping[str, str]], add_generation_prompt: bool = True) -> str:
        """Write messages, each with a `role` and a `content`, as one prompt.

        Raises: LimbeckError: the template refuses these messages.
        """
        try:
            return self._template.render(
                messages=messages, add_generation_prompt=add_generation_prompt, **self._special_tokens
            )
        except TemplateError as error:
            raise LimbeckError(f"the chat template refuses the conversation: {error}", where=FILE_NAME) from error


def load(folder: Path) -> ChatTemplate | None:
    """Read the template of a tokenizer or model folder; None where it has none."""
    path = folder / "tokenizer_config.json"
    config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    template = folder / FILE_NAME
    source = template.read_text(encoding="utf-8") if template.exists() else config.get("chat_template")
    if source is None:
        return None
    return ChatTemplate(source, special_tokens(config))


def special_tokens(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the special tokens of a `tokenizer_config.json`, as text, by what they are for."""
    names = {key: value for key, value in config.items() if key.endswith("_token")}
    special = {key: value["content"] if isinstance(value, dict) else value for key, value in names.items()}
    return {key: value for key, value in special.items() if isinstance(value, str)}


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, _Generation]
    )
    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = _raise
    environment.globals["strftime_now"] = _strftime_now
    return environment


class _Generation(Extension):
    """Accept `{% generation %}`, with which templates mark what the model writes; it changes no text."""

    tags = {"generation"}  # noqa: RUF012  (as the parent class declares it)

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _tojson(value: Any, ensure_ascii: bool = False, indent: int | None = None, sort_keys: bool = False) -> str:
    # Jinja's own filter escapes < > & for HTML, which a model must not see
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, sort_keys=sort_keys)


def _raise(message: str) -> NoReturn:
    raise TemplateError(message)


def _strftime_now(form: str) -> str:
    return datetime.now().strftime(form)
