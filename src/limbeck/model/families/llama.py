"""Causal decoder of the Llama shape: rotary positions, RMS norm, gated feed-forward, tied head."""

import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel

from limbeck.model.network_family import Kind
from limbeck.model.network_shape import NetworkShape

KIND: Kind = "causal"
ADAPTED = r".*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)"


def build(shape: NetworkShape) -> PreTrainedModel:
    """Make an untrained network; the caller seeds torch."""
    num_heads = shape.hidden_size // shape.head_dim
    config = LlamaConfig(
        vocab_size=shape.vocab_size,
        hidden_size=shape.hidden_size,
        intermediate_size=shape.intermediate_size,
        num_hidden_layers=shape.num_layers,
        num_attention_heads=num_heads,
        num_key_value_heads=num_heads,
        head_dim=shape.head_dim,
        max_position_embeddings=shape.context_tokens,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=shape.end_id,
        pad_token_id=shape.pad_id,
    )
    return LlamaForCausalLM(config)


def score(network: PreTrainedModel, states_ND: torch.Tensor) -> torch.Tensor:
    """Return the logits (N, V) of single states."""
    logits_NV: torch.Tensor = network.lm_head(states_ND)
    return logits_NV
