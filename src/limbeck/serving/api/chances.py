"""How likely each token of a written text was: the model scores the text again, one by one.

T = tokens, V = vocabulary.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel

from limbeck.core.errors import Interrupted
from limbeck.engine.engine import Engine

MOST_TOKENS = 64
"""Each token costs a reading of all before it."""
MOST_RIVALS = 5
_LEAST = -1e9


class Chances(BaseModel):
    """Of each token its text, its log-probability, those of the likeliest in its place, and where it begins."""

    tokens: list[str]
    token_logprobs: list[float]
    top_logprobs: list[dict[str, float]]
    text_offset: list[int]


def chances_of(
    engine: Engine,
    prompt_T: Sequence[int],
    written_T: Sequence[int],
    *,
    num_rivals: int,
    should_stop: Callable[[], bool],
) -> Chances:
    """Score what was written after a prompt, as the model by itself would draw it, at temperature 1.

    Offsets count characters from the end of the prompt.
    Raises: Interrupted: `should_stop` turned true.
    """
    vocabulary = engine.vocabulary()
    told = Chances(tokens=[], token_logprobs=[], top_logprobs=[], text_offset=[])
    for number, token in enumerate(written_T):
        if should_stop():
            raise Interrupted("the text was stopped")
        chances_V = _log_softmax(engine.next_logits_V([*prompt_T, *written_T[:number]]))
        best = np.argsort(-chances_V, kind="stable")[:num_rivals]
        told.tokens.append(_shown(vocabulary.pieces_V[token]))
        told.token_logprobs.append(float(chances_V[token]))
        told.top_logprobs.append({_shown(vocabulary.pieces_V[rival]): float(chances_V[rival]) for rival in best})
        told.text_offset.append(len(vocabulary.decode(written_T[:number])))
    return told


def _log_softmax(logits_V: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    scores_V = logits_V.astype(np.float64) - float(logits_V.max())
    # JSON has no infinity, which an engine may give what it never writes
    chances_V: npt.NDArray[np.float64] = np.maximum(scores_V - np.log(np.exp(scores_V).sum()), _LEAST)
    return chances_V


def _shown(piece: bytes) -> str:
    """Write a token as text, or byte by byte where it is a part of a character, as OpenAI does."""
    try:
        return piece.decode()
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in piece)
