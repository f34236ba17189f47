"""Score only the positions that carry a loss: over a small network, the head is most of the work.

B = rows, T = tokens, N = positions with a loss, D = dimensions, V = vocabulary.
"""

from typing import Any, final

import torch
from transformers import PreTrainedModel

from limbeck.model.network_family import FAMILIES


@final
class PositionScores(torch.nn.Module):
    """A causal or masked network, scored at some positions.

    A network of a family of ours is run up to its head, and the head over those positions only; any other is run whole,
    since its head may do what is not known here.
    """

    def __init__(self, network: PreTrainedModel) -> None:
        super().__init__()
        self.network = network
        name = network.config.model_type
        self._family: Any = FAMILIES.load(name) if name in FAMILIES.names() else None

    def forward(self, index_N: torch.Tensor, **inputs: Any) -> torch.Tensor:
        """Return logits (N, V) in float32; `index_N` are flat places in (B, T), `inputs` what the network reads."""
        if self._family is None:
            logits_BTV = self.network(**inputs).logits
            return logits_BTV.reshape(-1, logits_BTV.shape[-1])[index_N].float()
        states_BTD = self.network.base_model(**inputs).last_hidden_state
        states_ND = states_BTD.reshape(-1, states_BTD.shape[-1])[index_N]
        logits_NV: torch.Tensor = self._family.score(self.network, states_ND)
        return logits_NV.float()
