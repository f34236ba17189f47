"""What a network learns from: one file each, each with `batches`, `Objective` and `KINDS`.

    causal     the next token of a text                         TextBatch     causal decoders
    masked     hidden tokens of a text                          TextBatch     masked encoders
    span       spans taken out of a text, behind sentinels      PairBatch     encoder-decoders, as T5
    infill     a text with spans behind masks, whole            PairBatch     encoder-decoders, as BART
    dialogue   what the assistant says                          PackedBatch   causal decoders
                                                                PairBatch     encoder-decoders

`batches(data, first_step, *, ..., seed)` yields for ever, a pure function of seed and step: the same arguments give the
same batches, and starting at a later step skips nothing. `Objective(network)` is a module whose `forward(batch)`
returns the mean loss in nats per token. `KINDS` are the kinds of `checkpoint.load` it takes.
"""

from limbeck.core.family import Family

OBJECTIVES = Family(package="limbeck.model.objectives", noun="objective")
