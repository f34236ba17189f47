"""One vector for a text: the mean of an encoder's states over its tokens, of unit length.

B = texts, T = tokens, D = dimensions.
"""

from collections.abc import Sequence

import numpy as np
import torch
from transformers import PreTrainedModel


class SentenceEncoder(torch.nn.Module):
    """An encoder whose states are pooled into one vector a text."""

    def __init__(self, network: PreTrainedModel) -> None:
        super().__init__()
        self.network = network

    def forward(self, tokens_BT: torch.Tensor) -> torch.Tensor:
        """Return unit vectors (B, D) of padded token ids."""
        present_BT = tokens_BT != self.network.config.pad_token_id
        states_BTD = self.network(tokens_BT, attention_mask=present_BT.long()).last_hidden_state
        return mean_pooled(states_BTD, present_BT)


def mean_pooled(states_BTD: torch.Tensor, present_BT: torch.Tensor) -> torch.Tensor:
    """Average the states of the tokens that are present, and give the mean unit length."""
    weight_BT1 = present_BT[:, :, None].float()
    sum_BD = (states_BTD.float() * weight_BT1).sum(1)
    return torch.nn.functional.normalize(sum_BD / weight_BT1.sum(1).clamp_min(1.0), dim=-1)


def padded(texts: Sequence[Sequence[int]], *, pad_id: int, longest: int) -> torch.Tensor:
    """Cut token lists to `longest` and pad them to one length (B, T)."""
    width = max(1, max((min(len(text), longest) for text in texts), default=1))
    tokens_BT = np.full((len(texts), width), pad_id, dtype=np.int64)
    for b, text in enumerate(texts):
        cut = text[:longest]
        tokens_BT[b, : len(cut)] = cut
    return torch.from_numpy(tokens_BT)
