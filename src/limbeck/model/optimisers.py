"""Which optimiser moves which weight: Muon for hidden matrices, AdamW for the rest.

On the reading lessons Muon needs about half the steps of AdamW alone (docs/experiments.md).
Source: Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/
"""

from collections.abc import Iterator
from typing import Any, final

import torch

_MUON_OVER_ADAM = 10.0
_MOMENTUM = 0.95


@final
class Optimisers:
    """Two optimisers that step, rest and save as one; `rate` is AdamW's."""

    def __init__(self, network: torch.nn.Module, *, weight_decay: float) -> None:
        matrices = list(hidden_matrices(network))
        taken = {id(weight) for weight in matrices}
        rest = [weight for weight in network.parameters() if weight.requires_grad and id(weight) not in taken]
        self._adam = torch.optim.AdamW(rest, weight_decay=weight_decay, fused=True)
        self._muon = torch.optim.Muon(matrices, momentum=_MOMENTUM, weight_decay=weight_decay) if matrices else None

    def step(self, rate: float) -> None:
        """Move every weight by its gradient, then forget the gradients."""
        for optimiser, factor in ((self._adam, 1.0), (self._muon, _MUON_OVER_ADAM)):
            if optimiser is None:
                continue
            for group in optimiser.param_groups:
                group["lr"] = rate * factor
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint must hold."""
        return {"adam": self._adam.state_dict(), "muon": self._muon.state_dict() if self._muon else {}}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self._adam.load_state_dict(state["adam"])
        if self._muon:
            self._muon.load_state_dict(state["muon"])


def hidden_matrices(network: torch.nn.Module) -> Iterator[torch.nn.Parameter]:
    """Yield the weights of linear layers between embedding and head, but for frozen ones and those of an adapter.

    One of an adapter's two matrices starts at zero, and a step of Muon is as long wherever it starts.
    """
    embeddings = {id(module.weight) for module in network.modules() if isinstance(module, torch.nn.Embedding)}
    for name, module in network.named_modules():
        is_linear = isinstance(module, torch.nn.Linear) and module.weight.requires_grad
        is_between = not name.endswith("head") and ".lora_" not in name
        if is_linear and is_between and id(module.weight) not in embeddings:
            yield module.weight
