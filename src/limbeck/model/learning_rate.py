"""Choose a learning rate from the size of a network: one rule, no trial runs, the same answer every time.

A larger network learns slower. From scratch the rate is that of Kaplan et al. 2020, equation D.1, for networks with N
weights outside the embeddings: 0.003239 - 0.0001395 ln(N), never below a ten-thousandth. A network that has learnt
already moves at a tenth of it, so that it does not forget; an adapter starts at zero and takes ten times that again.
Source: https://arxiv.org/abs/2001.08361, appendix D.6; Schulman et al. 2025, https://thinkingmachines.ai/blog/lora/
"""

import math
from typing import Literal

import torch

Start = Literal["scratch", "continued", "adapter"]

_CONTINUED_SHARE = 0.1
_LEAST = 1e-4
_SHARE: dict[Start, float] = {"scratch": 1.0, "continued": _CONTINUED_SHARE, "adapter": 1.0}


def rule_of_size(num_weights: int, start: Start) -> float:
    """Return the rate for a network of so many weights outside its embeddings, two significant digits."""
    scratch = max(_LEAST, 0.003239 - 0.0001395 * math.log(max(1, num_weights)))
    return float(f"{scratch * _SHARE[start]:.2g}")


def count_weights(network: torch.nn.Module) -> int:
    """Return how many weights lie outside the embeddings and the head that shares theirs."""
    embeddings = {id(module.weight) for module in network.modules() if isinstance(module, torch.nn.Embedding)}
    return sum(weight.numel() for weight in network.parameters() if id(weight) not in embeddings)


def choose_rate(network: torch.nn.Module, start: Start) -> tuple[float, str]:
    """Return a rate for AdamW (Muon's follows from it) and why."""
    num_weights = count_weights(network)
    rate = rule_of_size(num_weights, start)
    how = {"scratch": "from scratch", "continued": "a network that has learnt already", "adapter": "an adapter"}[start]
    return rate, f"{num_weights:,} weights outside the embeddings, {how}"
