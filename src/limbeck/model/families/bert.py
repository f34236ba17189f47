"""Encoder of the BERT shape: learnt positions, layer norm after each block, a head of its own before the tied one."""

import torch
from transformers import BertConfig, BertForMaskedLM, PreTrainedModel

from limbeck.model.network_family import Kind
from limbeck.model.network_shape import NetworkShape

KIND: Kind = "masked"
ADAPTED = r".*encoder\..*\.(query|key|value|dense)"


def build(shape: NetworkShape) -> PreTrainedModel:
    """Make an untrained network; the caller seeds torch.

    It has no dropout: that draws from a generator which a training checkpoint does not hold.
    """
    config = BertConfig(
        vocab_size=shape.vocab_size,
        hidden_size=shape.hidden_size,
        intermediate_size=shape.intermediate_size,
        num_hidden_layers=shape.num_layers,
        num_attention_heads=shape.hidden_size // shape.head_dim,
        max_position_embeddings=shape.context_tokens,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        eos_token_id=shape.end_id,
        pad_token_id=shape.pad_id,
    )
    return BertForMaskedLM(config)


def score(network: PreTrainedModel, states_ND: torch.Tensor) -> torch.Tensor:
    """Return the logits (N, V) of single states."""
    logits_NV: torch.Tensor = network.cls(states_ND)
    return logits_NV
