"""The seam every engine fits: load a folder, generate tokens, score the next one."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from limbeck.core.errors import LimbeckError
from limbeck.core.family import Family
from limbeck.engine.json_schema import schema_problems
from limbeck.engine.vocabulary import Vocabulary

ENGINES = Family(package="limbeck.engine.engines", noun="engine")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How the next token is picked, and where the answer ends; the defaults are greedy and deterministic.

    Raises: LimbeckError: values that cannot be used, all of them at once.
    """

    max_tokens: int = 64
    temperature: float = 0.0
    top_k: int | None = None
    top_p: float | None = None
    # the least chance that is kept, as a share of the best one's (Nguyen et al. 2024, https://arxiv.org/abs/2407.01082)
    min_p: float | None = None
    num_beams: int = 1
    repetition_penalty: float = 1.0
    seed: int = 0
    stop_ids: tuple[int, ...] = ()
    stop_texts: tuple[str, ...] = ()
    # a JSON schema as text; "{}" allows any JSON
    json_schema: str | None = None

    def __post_init__(self) -> None:
        problems = [*_bad_values(self), *_bad_texts(self), *_bad_pairs(self)]
        if problems:
            raise LimbeckError("\n".join(problems), where="sampling")

    @property
    def reads_text(self) -> bool:
        """Tell whether an engine must know what its tokens say."""
        return bool(self.stop_texts) or self.json_schema is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """The tokens an engine wrote, without what stopped it, and what it took.

    `text` is there where stop texts or JSON were asked for; a stop text may begin inside a token, and then `text` holds
    the part before it, and `tokens` only those that lie wholly before. `is_cut` tells that `max_tokens` ended it.
    """

    tokens: tuple[int, ...]
    text: str | None = None
    is_cut: bool = False
    first_token_ms: float
    total_ms: float


class Engine(Protocol):
    """A loaded model that writes and scores tokens. T = prompt tokens, V = vocabulary."""

    name: str

    def generate(
        self, prompt_T: Sequence[int], sampling: Sampling, on_token: Callable[[int], None] | None = None
    ) -> Generation:
        """Continue a prompt, calling `on_token` for each token as it comes."""

    def next_logits_V(self, prompt_T: Sequence[int]) -> npt.NDArray[np.float32]:
        """Score every token that could follow the prompt, up to a constant."""

    def encode(self, text: str) -> list[int]:
        """Tokenise with the tokenizer inside the exported files, to prove that it equals ours."""

    def vocabulary(self) -> Vocabulary:
        """Return what each token says, read from the exported files."""

    def close(self) -> None:
        """Free the weights."""


class EngineModule(Protocol):
    """What a file in `engines/` offers; one that lacks options of `Sampling` names them in `LACKS`."""

    FORMAT: str

    def load(self, folder: Path, *, num_threads: int = 2) -> Engine:
        """Open the exported files in `folder`."""


def _bad_values(sampling: Sampling) -> Iterator[str]:
    takes = {
        "max_tokens": (_is_whole(sampling.max_tokens, 1), "a whole number from 1"),
        "temperature": (_is_within(sampling.temperature, 0), "a number from 0, which takes the likeliest"),
        "top_k": (sampling.top_k is None or _is_whole(sampling.top_k, 1), "a whole number from 1"),
        "top_p": (
            sampling.top_p is None or (_is_within(sampling.top_p, 0, 1) and sampling.top_p > 0),
            "0 < top_p <= 1",
        ),
        "min_p": (sampling.min_p is None or _is_within(sampling.min_p, 0, 1), "0 <= min_p <= 1"),
        "num_beams": (_is_whole(sampling.num_beams, 1), "a whole number from 1, which is no beam search"),
        "repetition_penalty": (
            _is_within(sampling.repetition_penalty, 0) and sampling.repetition_penalty > 0,
            "a number above 0, where 1 changes nothing",
        ),
        "seed": (_is_whole(sampling.seed, 0), "a whole number from 0"),
    }
    for name, (is_good, taken) in takes.items():
        if not is_good:
            yield f"{name} is {getattr(sampling, name)!r}; it takes {taken}"


def _bad_texts(sampling: Sampling) -> Iterator[str]:
    if isinstance(sampling.stop_ids, str) or not all(_is_whole(token, 0) for token in sampling.stop_ids):
        yield f"stop_ids is {sampling.stop_ids!r}; it takes token ids"
    if isinstance(sampling.stop_texts, str) or not all(isinstance(t, str) and t for t in sampling.stop_texts):
        yield f"stop_texts is {sampling.stop_texts!r}; it takes a tuple of texts, none of them empty"
    if isinstance(sampling.json_schema, str):
        yield from schema_problems(sampling.json_schema)
    elif sampling.json_schema is not None:
        yield f"json_schema is {sampling.json_schema!r}; it takes a JSON schema as text"


def _bad_pairs(sampling: Sampling) -> Iterator[str]:
    if sampling.num_beams != 1 and sampling.temperature != 0:
        yield "num_beams and temperature exclude each other: beams are searched, not drawn"
    if sampling.stop_texts and sampling.json_schema is not None:
        yield "stop_texts and json_schema exclude each other: JSON ends where it is complete"


def _is_whole(value: object, least: int) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def _is_within(value: object, least: float, most: float = sys.float_info.max) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and least <= float(value) <= most
