"""Forecast what a training will need of memory, from shapes alone: nothing is computed, nothing allocated.

The network reads a batch of tensors that have shapes and no content, and what it would keep for the way back is added
up. So the forecast holds for every family, attention and objective alike.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from limbeck.model.optimisers import hidden_matrices
from limbeck.model.schedule import Precision

_FLOAT_BYTES = 4
_ADAM_MOMENTS, _MUON_MOMENTS = 2, 1
_WORKSPACES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryForecast:
    """Bytes a training will need on top of what its process holds once the network is loaded.

    state_bytes: gradients, optimisers, and the copy of weights and optimisers while a checkpoint is written.
    fixed_bytes, example_bytes: what the way back needs for any batch, and more for every example in it.
    """

    length: int
    state_bytes: int
    fixed_bytes: int
    example_bytes: int

    def needed_bytes(self, batch_size: int) -> int:
        """Return the peak for batches of this size."""
        return self.state_bytes + self.fixed_bytes + self.example_bytes * batch_size


def forecast_memory(
    objective: torch.nn.Module, batch_of: Callable[[int], Any], *, length: int, precision: Precision
) -> MemoryForecast:
    """Forecast training an objective; `batch_of(size)` makes a batch of that many sequences of `length` tokens."""
    one, two = (_kept_bytes(objective, batch_of(size), precision) for size in (1, 2))
    return MemoryForecast(
        length=length,
        state_bytes=_state_bytes(objective),
        fixed_bytes=max(0, 2 * one - two),
        example_bytes=max(1, two - one),
    )


def _state_bytes(network: torch.nn.Module) -> int:
    learning: int = sum(weight.numel() for weight in network.parameters() if weight.requires_grad)
    in_muon = sum(weight.numel() for weight in hidden_matrices(network))
    moments = _MUON_MOMENTS * in_muon + _ADAM_MOMENTS * (learning - in_muon)
    gradients, checkpoint = learning, learning + moments
    size_bytes: int = _FLOAT_BYTES * (gradients + moments + checkpoint)
    return size_bytes


def _kept_bytes(objective: torch.nn.Module, batch: Any, precision: Precision) -> int:
    """Add up what a forward pass keeps for the way back, and room to work on the largest part of it."""
    sizes: dict[int, int] = {}
    alive: list[torch.UntypedStorage] = []  # a storage that is freed could lend its number to another
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        weights = {name: mode.from_tensor(each) for name, each in objective.named_parameters(remove_duplicate=False)}
        own = {each.untyped_storage()._cdata for each in weights.values()}

        def keep(tensor: torch.Tensor) -> torch.Tensor:
            storage = tensor.untyped_storage()
            if storage._cdata not in own and storage._cdata not in sizes:
                sizes[storage._cdata] = storage.nbytes()
                alive.append(storage)
            return tensor

        autocast = torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bfloat16")
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor), autocast:
            torch.func.functional_call(objective, weights, (_without_content(batch, mode),))
    return sum(sizes.values()) + _WORKSPACES * max(sizes.values(), default=0)


def _without_content(batch: Any, mode: FakeTensorMode) -> Any:
    """Return a batch whose tensors have a shape and no content; by that, transformers knows not to look into them."""
    if isinstance(batch, torch.Tensor):
        return mode.from_tensor(batch)
    tensors = {each.name: getattr(batch, each.name) for each in fields(batch)}
    faked = {name: mode.from_tensor(value) for name, value in tensors.items() if isinstance(value, torch.Tensor)}
    return replace(batch, **faked)
