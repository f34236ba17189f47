"""The size of a network that is built from scratch."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkShape:
    """How many of what a network has; token ids are those of its tokenizer."""

    family: str
    hidden_size: int
    intermediate_size: int
    num_layers: int
    head_dim: int
    context_tokens: int
    vocab_size: int
    end_id: int
    pad_id: int
