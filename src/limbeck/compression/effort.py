"""How much work a search may do beyond rounding and choosing."""

from dataclasses import dataclass

from limbeck.compression.calibration import Prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What a search may do; every part of it costs time and no byte.

    Args:
        measures_all: export and measure what cannot be chosen for its size too, to be compared with.
        learning: text to learn rounding from, none of it judged on; without, weights go to the nearest code.
        distils: fit the scales of what was chosen to the full model, on that text.
    """

    measures_all: bool = False
    learning: tuple[Prompt, ...] = ()
    distils: bool = False


LEAST = Effort()
"""Round to the nearest, export what may fit, choose."""
