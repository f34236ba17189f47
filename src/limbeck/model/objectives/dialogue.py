"""Learn to answer: only what the assistant wrote carries a loss."""

from typing import final

import torch
from transformers import PreTrainedModel

from limbeck.model.dialogue_batches import dialogue_batches
from limbeck.model.network_family import Kind
from limbeck.model.packing import PackedBatch, reading
from limbeck.model.pair_batches import PairBatch
from limbeck.model.pair_loss import pair_loss
from limbeck.model.position_scores import PositionScores

KINDS: tuple[Kind, ...] = ("causal", "seq2seq")
batches = dialogue_batches


@final
class Objective(torch.nn.Module):
    """A network scored on the assistant's tokens: a decoder on packed rows, an encoder-decoder on pairs."""

    def __init__(self, network: PreTrainedModel) -> None:
        super().__init__()
        self.scores = PositionScores(network)

    def forward(self, batch: PackedBatch | PairBatch) -> torch.Tensor:
        """Return the mean loss in nats per token of the assistant."""
        if isinstance(batch, PairBatch):
            return pair_loss(self.scores.network, batch)
        logits_NV = self.scores(batch.index_N, **reading(batch))
        return torch.nn.functional.cross_entropy(logits_NV, batch.next_N)
