"""Encoder-decoder of the BART shape: learnt positions, layer norm after each block, tied head."""

from transformers import BartConfig, BartForConditionalGeneration, PreTrainedModel

from limbeck.model.network_family import Kind
from limbeck.model.network_shape import NetworkShape

KIND: Kind = "seq2seq"
ADAPTED = r".*\.(q_proj|k_proj|v_proj|out_proj|fc1|fc2)"


def build(shape: NetworkShape) -> PreTrainedModel:
    """Make an untrained network, as many layers in its encoder as in its decoder; the caller seeds torch.

    It has no dropout: that draws from a generator which a training checkpoint does not hold.
    """
    num_heads = shape.hidden_size // shape.head_dim
    config = BartConfig(
        vocab_size=shape.vocab_size,
        d_model=shape.hidden_size,
        encoder_ffn_dim=shape.intermediate_size,
        decoder_ffn_dim=shape.intermediate_size,
        encoder_layers=shape.num_layers,
        decoder_layers=shape.num_layers,
        encoder_attention_heads=num_heads,
        decoder_attention_heads=num_heads,
        max_position_embeddings=shape.context_tokens,
        dropout=0.0,
        bos_token_id=None,
        eos_token_id=shape.end_id,
        forced_eos_token_id=None,
        pad_token_id=shape.pad_id,
        decoder_start_token_id=shape.end_id,
    )
    return BartForConditionalGeneration(config)
