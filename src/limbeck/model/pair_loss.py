"""The loss of an encoder-decoder over what its decoder is to write."""

from typing import final

import torch
from transformers import PreTrainedModel

from limbeck.model.pair_batches import NO_LOSS, PairBatch


def pair_loss(network: PreTrainedModel, batch: PairBatch) -> torch.Tensor:
    """Return the mean loss in nats per token written; each is scored after those before it."""
    given = network.prepare_decoder_input_ids_from_labels(batch.written_BT)
    logits_BTV = network(
        input_ids=batch.read_BS,
        attention_mask=batch.present_BS.long(),
        decoder_input_ids=given,
        use_cache=False,
    ).logits
    return torch.nn.functional.cross_entropy(
        logits_BTV.reshape(-1, logits_BTV.shape[-1]).float(), batch.written_BT.reshape(-1), ignore_index=NO_LOSS
    )


@final
class PairObjective(torch.nn.Module):
    """An encoder-decoder scored on every token it is to write."""

    def __init__(self, network: PreTrainedModel) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: PairBatch) -> torch.Tensor:
        """Return the mean loss in nats per token written."""
        return pair_loss(self.network, batch)
