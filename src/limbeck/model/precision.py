"""Which number format trains faster on this processor: asked of the processor, not of a list."""

import time

import torch

from limbeck.model.schedule import Precision

_SIDE, _ROUNDS = 512, 8
_WORTH_IT = 1.5


def fastest_precision() -> Precision:
    """Multiply matrices in both formats for some milliseconds; bfloat16 must win clearly, as its sums are coarser.

    One thread multiplies: two wait for each other where other programs run, and the answer would change with them.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        gain = _seconds(torch.float32) / _seconds(torch.bfloat16)
    finally:
        torch.set_num_threads(threads)
    return "bfloat16" if gain >= _WORTH_IT else "float32"


def _seconds(kind: torch.dtype) -> float:
    left = torch.ones(_SIDE, _SIDE, dtype=kind)
    best = float("inf")
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        left @ left
        best = min(best, time.perf_counter() - started)
    return best
