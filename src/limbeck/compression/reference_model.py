"""The full-precision model a compressed one is held against; its weights can be swapped one at a time."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, final

import numpy as np
import numpy.typing as npt

from limbeck.compression.calibration import Prompt

_BATCH_TOKENS = 4096


class ReferenceModel(Protocol):
    """A model that scores the token due after each prompt. N = prompts, V = vocabulary."""

    def logits_NV(self, prompts: Sequence[Prompt]) -> npt.NDArray[np.float32]:
        """Score the next token of every prompt."""

    def set_weight(self, name: str, weight: npt.NDArray[np.float32]) -> None:
        """Put other values into one weight, until the next call for it."""


def open_reference(checkpoint: Path) -> ReferenceModel:
    """Load a Hugging Face checkpoint in float32 on the CPU.

    Raises: LimbeckError: not a checkpoint this build can read.
    """
    return _TorchModel(checkpoint)


def batches(prompts: Sequence[Prompt]) -> Iterator[list[int]]:
    """Yield the indexes of prompts of similar length, at most 4096 padded tokens together."""
    batch: list[int] = []
    for index in sorted(range(len(prompts)), key=lambda index: (len(prompts[index]), index)):
        if batch and len(prompts[index]) * (len(batch) + 1) > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


@final
class _TorchModel:
    """A causal network of transformers. Attention looks back only, so padding goes to the right and needs no mask."""

    def __init__(self, checkpoint: Path) -> None:
        # torch takes seconds to import, and everything else here does without it
        import torch

        from limbeck.model.checkpoint import load

        self._torch = torch
        self._network = load(checkpoint).eval()
        self._parameters = dict(self._network.named_parameters())

    def logits_NV(self, prompts: Sequence[Prompt]) -> npt.NDArray[np.float32]:
        rows: dict[int, npt.NDArray[np.float32]] = {}
        with self._torch.inference_mode():
            for batch in batches(prompts):
                rows.update(zip(batch, self._score([prompts[index] for index in batch]), strict=True))
        return np.stack([rows[index] for index in range(len(prompts))])

    def set_weight(self, name: str, weight: npt.NDArray[np.float32]) -> None:
        # some published checkpoints leave out the prefix of the network inside
        inner = f"{self._network.base_model_prefix}.{name}"
        parameter = self._parameters[name if name in self._parameters else inner]
        with self._torch.no_grad():
            parameter.copy_(self._torch.from_numpy(weight))

    def _score(self, prompts: list[Prompt]) -> npt.NDArray[np.float32]:
        width = max(len(prompt) for prompt in prompts)
        tokens_NT = self._torch.tensor([[*prompt, *[0] * (width - len(prompt))] for prompt in prompts])
        ends = sorted({len(prompt) - 1 for prompt in prompts})
        kept = self._torch.tensor(ends)
        logits_NKV = self._network(input_ids=tokens_NT, logits_to_keep=kept, use_cache=False).logits
        picks_N = self._torch.tensor([ends.index(len(prompt) - 1) for prompt in prompts])
        scores: npt.NDArray[np.float32] = logits_NKV[self._torch.arange(len(prompts)), picks_N].float().numpy()
        return scores
