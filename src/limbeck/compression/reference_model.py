"""The full-precision model a compressed one is held against, whole or with one weight changed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol, final

import numpy as np
import numpy.typing as npt

from limbeck.compression.calibration import Prompt
from limbeck.compression.padding import padded
from limbeck.compression.quantised_tensor import Tensor
from limbeck.core.progress import Progress

_BATCH_TOKENS = 4096


class ReferenceModel(Protocol):
    """A model that scores the token due after each prompt. N = prompts, V = vocabulary."""

    def logits_NV(self, prompts: Sequence[Prompt]) -> npt.NDArray[np.float32]:
        """Score the next token of every prompt."""

    def logits_with_NV(
        self, prompts: Sequence[Prompt], name: str, weight: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32]:
        """Score as if one weight, given as (outputs, inputs), had other values; the model itself stays as it is."""

    def input_moments(self, prompts: Sequence[Prompt]) -> dict[str, npt.NDArray[np.float32]]:
        """Return the mean of x xᵀ over the inputs x of each matrix that is multiplied with them, by its name.

        A matrix that is looked up in as well, a tied head, has as much again on the diagonal.
        """

    def distil(self, tensors: Mapping[str, Tensor], texts: Sequence[Prompt], progress: Progress) -> dict[str, Tensor]:
        """Return tensors (outputs, inputs) of the same types whose scales and vectors score more as the model does."""


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
    """A causal network of transformers. Attention looks back only, so padding goes to the right and needs no mask.

    A changed weight leaves the layers before its own as they were: their outputs are kept and used again.
    """

    def __init__(self, checkpoint: Path) -> None:
        # torch takes seconds to import, and everything else here does without it
        import torch

        from limbeck.model.checkpoint import load

        self._torch = torch
        self._network = load(checkpoint).eval()
        self._parameters = dict(self._network.named_parameters())
        lists = {name: part for name, part in self._network.named_modules() if isinstance(part, torch.nn.ModuleList)}
        self._layers_name = max(lists, key=lambda name: len(lists[name]), default="")
        self._layers = list(lists[self._layers_name]) if lists else []
        self._kept_for: Sequence[Prompt] = ()
        self._kept: list[list[Any]] = []

    def logits_NV(self, prompts: Sequence[Prompt]) -> npt.NDArray[np.float32]:
        return self._score_all(prompts, lambda _: nullcontext())

    def logits_with_NV(
        self, prompts: Sequence[Prompt], name: str, weight: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32]:
        if prompts != self._kept_for:
            self._kept_for, self._kept = prompts, []
            self._score_all(prompts, lambda _: self._keeping_outputs())
        # some published checkpoints leave out the prefix of the network inside
        full_name = name if name in self._parameters else f"{self._network.base_model_prefix}.{name}"
        parameter = self._parameters[full_name]
        original = parameter.detach().clone()
        try:
            with self._torch.no_grad():
                values = self._torch.from_numpy(weight)
                parameter.copy_(values.T if self._is_transposed(full_name) else values)
            unchanged = self._num_layers_before(full_name)
            return self._score_all(prompts, lambda batch: self._reusing_outputs(batch, unchanged))
        finally:
            with self._torch.no_grad():
                parameter.copy_(original)

    def input_moments(self, prompts: Sequence[Prompt]) -> dict[str, npt.NDArray[np.float32]]:
        names = {id(parameter): name for name, parameter in self._parameters.items()}
        sums: dict[str, Any] = {}
        mask_NT: list[Any] = []

        def add(module: Any, inputs: tuple[Any, ...], _: Any) -> None:
            name = names[id(module.weight)]
            inputs_PI = inputs[0][mask_NT[0]]
            sums[name] = sums.get(name, 0) + inputs_PI.T @ inputs_PI

        multiplied = [module for module in self._network.modules() if self._is_multiplied(module)]
        hooks = [module.register_forward_hook(add) for module in multiplied]
        try:
            with self._torch.inference_mode():
                for batch in batches(prompts):
                    tokens_NT, mask = padded(self._torch, [prompts[index] for index in batch])
                    mask_NT[:] = [mask]
                    self._network(input_ids=tokens_NT, use_cache=False)
        finally:
            for hook in hooks:
                hook.remove()
        looked_up = names.get(id(self._network.get_input_embeddings().weight))
        num_tokens = sum(len(prompt) for prompt in prompts)
        return {name: _moments(total.numpy() / num_tokens, name == looked_up) for name, total in sums.items()}

    def distil(self, tensors: Mapping[str, Tensor], texts: Sequence[Prompt], progress: Progress) -> dict[str, Tensor]:
        from limbeck.compression.scale_distillation import distil_scales

        return distil_scales(self._network, self._is_transposed, tensors, texts, progress)

    def _is_multiplied(self, module: Any) -> bool:
        from transformers.pytorch_utils import Conv1D

        return isinstance(module, self._torch.nn.Linear | Conv1D)

    def _is_transposed(self, name: str) -> bool:
        from transformers.pytorch_utils import Conv1D

        owner, _, part = name.rpartition(".")
        return part == "weight" and isinstance(self._network.get_submodule(owner), Conv1D)

    def _num_layers_before(self, name: str) -> int:
        """Return how many layers run before a weight is first used; 0 where that is not known."""
        prefix = f"{self._layers_name}."
        index = name.removeprefix(prefix).partition(".")[0]
        return int(index) if self._layers and name.startswith(prefix) and index.isdecimal() else 0

    @contextmanager
    def _keeping_outputs(self) -> Iterator[None]:
        outputs: list[Any] = []
        self._kept.append(outputs)
        hooks = [layer.register_forward_hook(lambda _, __, output: outputs.append(output)) for layer in self._layers]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    @contextmanager
    def _reusing_outputs(self, batch: int, num_layers: int) -> Iterator[None]:
        skipped = list(zip(self._layers[:num_layers], self._kept[batch], strict=False))
        for layer, output in skipped:
            layer.forward = lambda *_, _output=output, **__: _output
        try:
            yield
        finally:
            for layer, _ in skipped:
                del layer.forward

    def _score_all(
        self, prompts: Sequence[Prompt], around: Callable[[int], AbstractContextManager[None]]
    ) -> npt.NDArray[np.float32]:
        rows: dict[int, npt.NDArray[np.float32]] = {}
        with self._torch.inference_mode():
            for number, batch in enumerate(batches(prompts)):
                with around(number):
                    rows.update(zip(batch, self._score([prompts[index] for index in batch]), strict=True))
        return np.stack([rows[index] for index in range(len(prompts))])

    def _score(self, prompts: list[Prompt]) -> npt.NDArray[np.float32]:
        tokens_NT, _ = padded(self._torch, prompts)
        ends = sorted({len(prompt) - 1 for prompt in prompts})
        kept = self._torch.tensor(ends)
        logits_NKV = self._network(input_ids=tokens_NT, logits_to_keep=kept, use_cache=False).logits
        picks_N = self._torch.tensor([ends.index(len(prompt) - 1) for prompt in prompts])
        scores: npt.NDArray[np.float32] = logits_NKV[self._torch.arange(len(prompts)), picks_N].float().numpy()
        return scores


def _moments(mean_II: npt.NDArray[np.float32], is_looked_up: bool) -> npt.NDArray[np.float32]:
    if is_looked_up:
        mean_II[np.diag_indices_from(mean_II)] += np.diag(mean_II).mean()
    return mean_II
