"""Fit the scales and vectors of a rounded model so that it scores as the full one does; codes and bytes stay.

The loss is the KL of the full model's next token from the rounded one's, at every token of some text: no labels are
needed. N = texts, T = tokens, G = groups of 32 inputs.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import numpy as np

from limbeck.compression.calibration import Prompt
from limbeck.compression.padding import padded
from limbeck.compression.quantised_tensor import GROUP_SIZE, QuantisedTensor, Tensor
from limbeck.core.progress import Progress

NUM_STEPS = 150
_BATCH_TEXTS = 8
_LEARNING_RATE = 3e-3
"""Of a scale, as a share of it; a vector moves as far in units of its own."""

_MOST_CHANGE = 0.5


def distil_scales(
    network: Any,
    is_turned: Callable[[str], bool],
    tensors: Mapping[str, Tensor],
    texts: Sequence[Prompt],
    progress: Progress,
) -> dict[str, Tensor]:
    """Return the tensors with fitted scales and vectors; the same on one machine for the same texts.

    Args:
        network: the full model, in torch; it is left as it is.
        is_turned: tells of a name whether the network holds that matrix as (inputs, outputs).
        tensors: (outputs, inputs), by the network's names.
    """
    import torch

    fit = _Fit(torch, is_turned, tensors)
    optimiser = torch.optim.Adam(fit.moved, lr=_LEARNING_RATE, betas=(0.9, 0.98))
    draw = np.random.default_rng(0)
    for step in range(NUM_STEPS):
        picks = draw.choice(len(texts), size=min(_BATCH_TEXTS, len(texts)), replace=False)
        tokens_NT, mask_NT = padded(torch, [texts[pick] for pick in picks])
        for group in optimiser.param_groups:
            group["lr"] = _LEARNING_RATE * 0.5 * (1 + math.cos(math.pi * step / NUM_STEPS))
        with torch.no_grad():
            full_PV = torch.log_softmax(network(input_ids=tokens_NT, use_cache=False).logits[mask_NT], dim=-1)
        options = {"input_ids": tokens_NT, "use_cache": False}
        small = torch.func.functional_call(network, fit.weights(), (), options, tie_weights=True)
        small_PV = torch.log_softmax(small.logits[mask_NT], dim=-1)
        loss = (full_PV.exp() * (full_PV - small_PV)).sum(dim=-1).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        progress(step + 1, NUM_STEPS, f"KL {float(loss.detach()):.3g}")
    return fit.tensors()


@final
class _Fit:
    """What moves: a factor for every scale, and every vector."""

    def __init__(self, torch: Any, is_turned: Callable[[str], bool], tensors: Mapping[str, Tensor]) -> None:
        self._is_turned = is_turned
        self._given = dict(tensors)
        quantised = {name: tensor for name, tensor in tensors.items() if isinstance(tensor, QuantisedTensor)}
        plain = {name: np.asarray(tensor) for name, tensor in tensors.items() if name not in quantised}
        self._codes = {name: torch.from_numpy(tensor.codes_OI.astype(np.float32)) for name, tensor in quantised.items()}
        self._scales = {
            name: torch.from_numpy(tensor.scales_OG.astype(np.float32)) for name, tensor in quantised.items()
        }
        self._factors = {name: torch.zeros_like(scales).requires_grad_() for name, scales in self._scales.items()}
        self._vectors = {
            name: torch.from_numpy(values.astype(np.float32)).requires_grad_()
            for name, values in plain.items()
            if values.ndim == 1
        }
        self._kept = {
            name: self._turned(name, torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32)))
            for name, values in plain.items()
            if values.ndim != 1
        }

    @property
    def moved(self) -> list[Any]:
        """Return what an optimiser moves."""
        return [*self._factors.values(), *self._vectors.values()]

    def weights(self) -> dict[str, Any]:
        """Return all weights as the network holds them, differentiable."""
        rounded = {
            name: self._turned(name, codes_OI * self._fitted(name).repeat_interleave(GROUP_SIZE, dim=1))
            for name, codes_OI in self._codes.items()
        }
        return {**rounded, **self._vectors, **self._kept}

    def tensors(self) -> dict[str, Tensor]:
        """Return everything as it is stored."""
        found = dict(self._given)
        for name, vector in self._vectors.items():
            found[name] = vector.detach().numpy()
        for name in self._codes:
            given = self._given[name]
            assert isinstance(given, QuantisedTensor)
            scales_OG = self._fitted(name).detach().numpy().astype(np.float16)
            found[name] = QuantisedTensor(codes_OI=given.codes_OI, scales_OG=scales_OG, bits=given.bits)
        return found

    def _fitted(self, name: str) -> Any:
        return self._scales[name] * (1 + self._factors[name].clamp(-_MOST_CHANGE, _MOST_CHANGE))

    def _turned(self, name: str, weight_OI: Any) -> Any:
        return weight_OI.T if self._is_turned(name) else weight_OI
