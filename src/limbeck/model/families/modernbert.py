"""Encoder of the ModernBERT shape: rotary positions, attention both ways, gated feed-forward, tied head.

On the starter's text it learns in 75 steps what the first BERT's shape needs 200 for, at the same cost a step.
"""

import torch
from transformers import ModernBertConfig, ModernBertForMaskedLM, PreTrainedModel

from limbeck.model.network_family import Kind
from limbeck.model.network_shape import NetworkShape

KIND: Kind = "masked"
ADAPTED = r".*layers\..*\.(Wqkv|Wo|Wi)"
_ROPE = {"rope_type": "default", "rope_theta": 10_000.0}


def build(shape: NetworkShape) -> PreTrainedModel:
    """Make an untrained network; the caller seeds torch.

    It has no dropout: that draws from a generator which a training checkpoint does not hold.
    """
    config = ModernBertConfig(
        vocab_size=shape.vocab_size,
        hidden_size=shape.hidden_size,
        intermediate_size=shape.intermediate_size,
        num_hidden_layers=shape.num_layers,
        num_attention_heads=shape.hidden_size // shape.head_dim,
        max_position_embeddings=shape.context_tokens,
        layer_types=["full_attention"] * shape.num_layers,
        rope_parameters={"full_attention": _ROPE, "sliding_attention": _ROPE},
        bos_token_id=None,
        cls_token_id=None,
        sep_token_id=None,
        eos_token_id=shape.end_id,
        pad_token_id=shape.pad_id,
    )
    return ModernBertForMaskedLM(config)


def score(network: PreTrainedModel, states_ND: torch.Tensor) -> torch.Tensor:
    """Return the logits (N, V) of single states."""
    logits_NV: torch.Tensor = network.decoder(network.head(states_ND))
    return logits_NV
