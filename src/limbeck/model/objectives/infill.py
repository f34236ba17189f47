"""Learn as BART did: write a text whole that is read with masks in place of its spans."""

from limbeck.model.infilling import infilling_batches
from limbeck.model.network_family import Kind
from limbeck.model.pair_loss import PairObjective

KINDS: tuple[Kind, ...] = ("seq2seq",)
batches = infilling_batches
Objective = PairObjective
