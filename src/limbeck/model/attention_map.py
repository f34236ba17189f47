"""The attention weights of one part of a network, every layer and head.

L = layers, H = heads, T = queries (who looks), S = keys (what is looked at).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from limbeck.core.errors import UsageError

Part = Literal["encoder", "decoder", "cross"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionMap:
    """Who looks at whom; layers and heads are numbered from 1, each row of weights adds up to 1."""

    part: Part
    queries: tuple[str, ...]
    keys: tuple[str, ...]
    layers: tuple[int, ...]
    heads: tuple[int, ...]
    weights_LHTS: npt.NDArray[np.float32]

    @property
    def is_causal(self) -> bool:
        """Tell whether a token sees only itself and those before it."""
        return self.part == "decoder"

    def hidden_TS(self) -> npt.NDArray[np.bool_]:
        """Tell what the causal mask hides."""
        shape = len(self.queries), len(self.keys)
        return np.triu(np.ones(shape, np.bool_), 1) if self.is_causal else np.zeros(shape, np.bool_)

    def choose(self, layers: Sequence[int], heads: Sequence[int]) -> "AttentionMap":
        """Keep some layers and heads, in the order of the network; none named keeps all.

        Raises: UsageError: there is no such layer or head.
        """
        rows, columns = _places("layer", layers, self.layers), _places("head", heads, self.heads)
        return replace(
            self,
            layers=tuple(self.layers[row] for row in rows),
            heads=tuple(self.heads[column] for column in columns),
            weights_LHTS=self.weights_LHTS[np.ix_(rows, columns)],
        )

    def as_json(self) -> dict[str, Any]:
        """Return the numbers as plain data, six decimals."""
        return {
            "part": self.part,
            "queries": list(self.queries),
            "keys": list(self.keys),
            "layers": list(self.layers),
            "heads": list(self.heads),
            "weights": np.round(self.weights_LHTS.astype(np.float64), 6).tolist(),
        }


def _places(noun: str, wanted: Sequence[int], known: Sequence[int]) -> list[int]:
    for number in wanted:
        if number not in known:
            raise UsageError(f"there is no {noun} {number}", fix=f"{noun}s {known[0]} to {known[-1]}")
    return [place for place, number in enumerate(known) if not wanted or number in wanted]
