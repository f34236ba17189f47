"""Learn as BART did: write a text whole that is read with masks in place of its spans."""

from typing import final

import torch
from transformers import PreTrainedModel

from limbeck.model.infilling import infilling_batches
from limbeck.model.network_family import Kind
from limbeck.model.pair_batches import PairBatch
from limbeck.model.pair_loss import pair_loss

KINDS: tuple[Kind, ...] = ("seq2seq",)
batches = infilling_batches


@final
class Objective(torch.nn.Module):
    """An encoder-decoder scored on every token it is to write."""

    def __init__(self, network: PreTrainedModel) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: PairBatch) -> torch.Tensor:
        """Return the mean loss in nats per token written."""
        return pair_loss(self.network, batch)
