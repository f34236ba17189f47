"""Continue a prompt in text: what is told grows by whole characters, and never shows a part of a stop text."""

import codecs
from collections.abc import Callable, Sequence
from dataclasses import replace

from limbeck.engine.engine import Engine, Generation, Sampling


def write(
    engine: Engine, prompt_T: Sequence[int], sampling: Sampling, on_text: Callable[[str], None] | None = None
) -> Generation:
    """Continue a prompt on any engine, calling `on_text` with each further piece of the text that is returned.

    Raises: LimbeckError: an option the engine lacks, an impossible prompt, or a tokenizer that is not byte-level.
    """
    vocabulary = engine.vocabulary()
    characters = codecs.getincrementaldecoder("utf-8")("replace")
    told: list[str] = []

    def tell(piece: str) -> None:
        if piece and on_text is not None:
            on_text(piece)
        told.append(piece)

    generation = engine.generate(prompt_T, sampling, lambda token: tell(characters.decode(vocabulary.pieces_V[token])))
    text = vocabulary.decode(generation.tokens) if generation.text is None else generation.text
    # the last token may say more than what stands before the stop text; and a character may be left in half
    tell(text[len("".join(told)) :])
    return replace(generation, text=text)
