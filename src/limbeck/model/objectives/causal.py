"""Learn to write: the next token at every position of a text that carries a loss."""

from typing import final

import torch
from transformers import PreTrainedModel

from limbeck.model.network_family import Kind
from limbeck.model.position_scores import PositionScores
from limbeck.model.text_batches import TextBatch, text_batches

KINDS: tuple[Kind, ...] = ("causal",)
batches = text_batches


@final
class Objective(torch.nn.Module):
    """A causal decoder scored on the tokens that follow."""

    def __init__(self, network: PreTrainedModel) -> None:
        super().__init__()
        self.scores = PositionScores(network)

    def forward(self, batch: TextBatch) -> torch.Tensor:
        """Return the mean loss in nats per token."""
        logits_NV = self.scores(batch.index_N, input_ids=batch.tokens_BT, use_cache=False)
        return torch.nn.functional.cross_entropy(logits_NV, batch.next_N)
