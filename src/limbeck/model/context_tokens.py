"""How much a network can read at once, by its config.json; needs no PyTorch."""

from collections.abc import Mapping
from typing import Any

_KEYS = ("max_position_embeddings", "n_positions")


def context_tokens(config: Mapping[str, Any]) -> int | None:
    """Return how many tokens it has positions for; None where nothing limits them."""
    limit = next((config[name] for name in _KEYS if config.get(name)), None)
    return int(limit) if limit else None
