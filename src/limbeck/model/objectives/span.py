"""Learn as T5 did: write the spans that were taken out of a text."""

from limbeck.model.network_family import Kind
from limbeck.model.pair_loss import PairObjective
from limbeck.model.span_corruption import span_batches

KINDS: tuple[Kind, ...] = ("seq2seq",)
batches = span_batches
Objective = PairObjective
