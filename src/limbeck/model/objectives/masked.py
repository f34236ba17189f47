"""Learn to understand: name the tokens of a text that were hidden."""

from typing import final

import torch
from transformers import PreTrainedModel

from limbeck.model.masking import masked_batches
from limbeck.model.network_family import Kind
from limbeck.model.position_scores import PositionScores
from limbeck.model.text_batches import TextBatch

KINDS: tuple[Kind, ...] = ("masked",)
batches = masked_batches


@final
class Objective(torch.nn.Module):
    """A masked encoder scored at the positions whose tokens were hidden."""

    def __init__(self, network: PreTrainedModel) -> None:
        super().__init__()
        self.scores = PositionScores(network)

    def forward(self, batch: TextBatch) -> torch.Tensor:
        """Return the mean loss in nats per hidden token."""
        logits_NV = self.scores(batch.index_N, input_ids=batch.tokens_BT)
        return torch.nn.functional.cross_entropy(logits_NV, batch.next_N)
