"""Prompts of different lengths as one batch. N = prompts, T = tokens."""

from collections.abc import Sequence
from typing import Any

from limbeck.compression.calibration import Prompt


def padded(torch: Any, prompts: Sequence[Prompt]) -> tuple[Any, Any]:
    """Return tokens (N, T), filled up to the right, and which of them are of a prompt."""
    width = max(len(prompt) for prompt in prompts)
    tokens_NT = torch.tensor([[*prompt, *[0] * (width - len(prompt))] for prompt in prompts])
    lengths_N1 = torch.tensor([[len(prompt)] for prompt in prompts])
    return tokens_NT, torch.arange(width)[None] < lengths_N1
