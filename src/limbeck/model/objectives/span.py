"""Learn as T5 did: write the spans that were taken out of a text."""

from typing import final

import torch
from transformers import PreTrainedModel

from limbeck.model.network_family import Kind
from limbeck.model.pair_batches import PairBatch
from limbeck.model.pair_loss import pair_loss
from limbeck.model.span_corruption import span_batches

KINDS: tuple[Kind, ...] = ("seq2seq",)
batches = span_batches


@final
class Objective(torch.nn.Module):
    """An encoder-decoder scored on every token it is to write."""

    def __init__(self, network: PreTrainedModel) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: PairBatch) -> torch.Tensor:
        """Return the mean loss in nats per token written."""
        return pair_loss(self.network, batch)
