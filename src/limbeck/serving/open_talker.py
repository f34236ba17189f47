"""Open a checkpoint to talk with it; needs the build side, loaded only when called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from limbeck.core.errors import UsageError
from limbeck.engine.engine import Sampling
from limbeck.serving.conversation import Room, Talker

if TYPE_CHECKING:
    from limbeck.model.dialogue_format import DialogueFormat
    from limbeck.model.pretrained import Pretrained

MAX_TOKENS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatOptions:
    """How to draw answers; None leaves it to the checkpoint."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_tokens: int | None = None
    seed: int | None = None


@final
class PretrainedWriter:
    """Write prompts and read answers with a checkpoint's own format and tokenizer."""

    def __init__(self, pretrained: "Pretrained", form: "DialogueFormat") -> None:
        self._pretrained = pretrained
        self._form = form

    def write(self, messages: Sequence[Mapping[str, str]]) -> list[int]:
        """Write messages as the tokens of a prompt."""
        return self._pretrained.encode(self._form.render(messages))

    def read(self, tokens: Sequence[int]) -> str:
        """Read tokens as text."""
        return self._pretrained.decode(tokens)


def open_talker(name: str, options: ChatOptions) -> Talker:
    """Load a causal decoder or an encoder-decoder from a folder or the hub.

    Raises: LimbeckError: no checkpoint, of another kind, or not made for dialogue.
            MachineError: the build side is not installed, or the hub cannot be reached.
            UsageError: the options leave no room for a question.
    """
    from limbeck.engine.engines._encoder_decoder import EncoderDecoder
    from limbeck.engine.engines.transformers import TransformersEngine
    from limbeck.model.dialogue_format import choose_format
    from limbeck.model.pretrained import open_pretrained

    opened = open_pretrained(name, kinds=("decoder", "encoder-decoder"), with_head=True)
    form = choose_format(
        opened.chat_template,
        opened.special_tokens,
        model_type=opened.model_type,
        where=name,
        reads_apart=opened.reads_apart,
    )
    room = Room(context_tokens=opened.context_tokens, is_shared=not opened.reads_apart)
    settings = getattr(opened.network, "generation_config", None)
    engine = EncoderDecoder if opened.reads_apart else TransformersEngine
    return Talker(
        name=name,
        generator=engine(Path(name), opened.network),
        writer=PretrainedWriter(opened, form),
        sampling=choose_sampling(options, settings, stop_ids=opened.stop_ids, room=room),
        room=room,
    )


def choose_sampling(options: ChatOptions, settings: Any, *, stop_ids: tuple[int, ...], room: Room) -> Sampling:
    """Settle how answers are drawn: as asked for, else as the checkpoint's settings say, else greedily.

    Raises: UsageError: an answer as long as asked for fills the whole context.
    """
    does_sample = bool(getattr(settings, "do_sample", False))
    drawn = {key: getattr(settings, key, None) if does_sample else None for key in ("temperature", "top_p", "top_k")}
    temperature = options.temperature if options.temperature is not None else drawn["temperature"]
    most = room.context_tokens
    max_tokens = options.max_tokens or min(MAX_TOKENS, (most or 2 * MAX_TOKENS) // 2)
    if not room.holds(1, max_tokens):
        what = f"an answer of {max_tokens} tokens leaves no room for a question: the model reads {most}"
        if not room.is_shared:
            what = f"an answer of {max_tokens} tokens is too long: the model writes {most}"
        raise UsageError(what, fix=f"--max-tokens below {most}")
    return Sampling(
        max_tokens=max_tokens,
        temperature=1.0 if temperature is None and does_sample else temperature or 0.0,
        # transformers writes 0 for none
        top_p=options.top_p or drawn["top_p"] or None,
        top_k=options.top_k or drawn["top_k"] or None,
        seed=options.seed or 0,
        stop_ids=stop_ids,
    )
