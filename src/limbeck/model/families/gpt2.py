"""Causal decoder of the GPT-2 shape, DialoGPT's too: learnt positions, layer norm before each block, tied head."""

import torch
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedModel

from limbeck.model.network_family import Kind
from limbeck.model.network_shape import NetworkShape

KIND: Kind = "causal"
ADAPTED = r".*\.(c_attn|c_proj|c_fc)"


def build(shape: NetworkShape) -> PreTrainedModel:
    """Make an untrained network; the caller seeds torch.

    It has no dropout: that draws from a generator which a training checkpoint does not hold.
    """
    config = GPT2Config(
        vocab_size=shape.vocab_size,
        n_embd=shape.hidden_size,
        n_inner=shape.intermediate_size,
        n_layer=shape.num_layers,
        n_head=shape.hidden_size // shape.head_dim,
        n_positions=shape.context_tokens,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=None,
        eos_token_id=shape.end_id,
        pad_token_id=shape.pad_id,
    )
    return GPT2LMHeadModel(config)


def score(network: PreTrainedModel, states_ND: torch.Tensor) -> torch.Tensor:
    """Return the logits (N, V) of single states."""
    logits_NV: torch.Tensor = network.lm_head(states_ND)
    return logits_NV
