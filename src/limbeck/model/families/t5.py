"""Encoder-decoder of the T5 shape: positions as biases of attention, RMS norm, gated feed-forward, tied head."""

from transformers import PreTrainedModel, T5Config, T5ForConditionalGeneration

from limbeck.model.network_family import Kind
from limbeck.model.network_shape import NetworkShape

KIND: Kind = "seq2seq"
ADAPTED = r".*\.(q|k|v|o|wi|wi_0|wi_1|wo)"


def build(shape: NetworkShape) -> PreTrainedModel:
    """Make an untrained network, as many layers in its encoder as in its decoder; the caller seeds torch.

    It has no dropout: that draws from a generator which a training checkpoint does not hold.
    """
    config = T5Config(
        vocab_size=shape.vocab_size,
        d_model=shape.hidden_size,
        d_kv=shape.head_dim,
        d_ff=shape.intermediate_size,
        num_layers=shape.num_layers,
        num_heads=shape.hidden_size // shape.head_dim,
        # nothing in the network limits what it reads; this is what it is trained for
        n_positions=shape.context_tokens,
        feed_forward_proj="gated-gelu",
        dropout_rate=0.0,
        eos_token_id=shape.end_id,
        pad_token_id=shape.pad_id,
        decoder_start_token_id=shape.pad_id,
    )
    return T5ForConditionalGeneration(config)
