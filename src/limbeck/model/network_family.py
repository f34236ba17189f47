"""The seam every network family fits: build a network, and name the matrices that an adapter moves.

N = positions, D = dimensions, V = vocabulary.
"""

from typing import Literal, Protocol

import torch
from transformers import PreTrainedModel

from limbeck.core.family import Family
from limbeck.model.network_shape import NetworkShape

Kind = Literal["causal", "encoder", "masked", "seq2seq"]
"""What a checkpoint is loaded for: to write, to understand, to learn to understand (with its head), to rewrite."""

FAMILIES = Family(package="limbeck.model.families", noun="network family")
"""A family's name is what transformers calls its architecture in config.json."""


class NetworkFamily(Protocol):
    """What a file in `families/` offers."""

    KIND: Kind
    ADAPTED: str
    """A regular expression over whole module names: the matrices that an adapter moves."""

    def build(self, shape: NetworkShape) -> PreTrainedModel:
        """Make an untrained network without dropout; the caller seeds torch."""


class ScoringFamily(NetworkFamily, Protocol):
    """What a file offers besides where KIND is causal or masked."""

    def score(self, network: PreTrainedModel, states_ND: torch.Tensor) -> torch.Tensor:
        """Return the logits (N, V) of single states; the heads of some families are more than a matrix."""
