"""How much each weight matters: what the next token loses when only that weight is rounded to 4 bits.

The loss is a KL in nats, so for a small change it grows with the square of the change: the loss of
another type is the measured one times the ratio of their squared rounding errors.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from limbeck.compression.calibration import Prompt
from limbeck.compression.divergence import kl_divergences
from limbeck.compression.methods.quantise import as_float16, compress
from limbeck.compression.quantised_tensor import TensorType, Weights, dense
from limbeck.compression.reference_model import ReferenceModel
from limbeck.compression.rounding import Rounding
from limbeck.core.disk import read_json, write_json
from limbeck.core.progress import Progress, silent


def measure_sensitivity(
    reference: ReferenceModel,
    weights: Weights,
    prompts: Sequence[Prompt],
    *,
    rounding: Rounding | None = None,
    cache: Path | None = None,
    progress: Progress = silent,
) -> dict[str, float]:
    """Return the mean KL of every given weight when it alone is q4.

    Every weight must be a matrix whose width is a multiple of 32. A `cache` file of the same weights,
    prompts and way to round is used instead, and written otherwise.
    """
    rounding = rounding or Rounding()
    key = _digest(weights, prompts, rounding.name)
    found = _recall(cache, key, weights) if cache else None
    if found is not None:
        return found
    full_NV = reference.logits_NV(prompts)
    losses: dict[str, float] = {}
    for name, weight in weights.items():
        progress(len(losses), len(weights), name)
        rounded_NV = reference.logits_with_NV(prompts, name, dense(rounding.tensor(name, weight, "q4")))
        mean = kl_divergences(full_NV, rounded_NV).mean()
        losses[name] = float(f"{mean:.4g}")  # later digits depend on the machine's order of additions
    progress(len(weights), len(weights))
    if cache:
        write_json(cache, {"key": key, "q4_loss": losses})
    return losses


def type_losses(weight: npt.NDArray[np.float32], q4_loss: float) -> dict[TensorType, float]:
    """Return the expected loss of a weight as f16, q8 and q4, from the loss measured at q4."""
    errors = {
        "f16": _squared_error(weight, as_float16(weight).astype(np.float32)),
        "q8": _squared_error(weight, dense(compress(weight, "q8"))),
        "q4": _squared_error(weight, dense(compress(weight, "q4"))),
    }
    worst = errors["q4"] or 1.0
    return {"f16": q4_loss * errors["f16"] / worst, "q8": q4_loss * errors["q8"] / worst, "q4": q4_loss}


def _squared_error(weight: npt.NDArray[np.float32], rebuilt: npt.NDArray[np.float32]) -> float:
    rest = (weight - rebuilt).ravel()
    return float(np.dot(rest, rest))


def _digest(weights: Weights, prompts: Sequence[Prompt], rounding: str) -> str:
    digest = hashlib.sha256(json.dumps([rounding, *(list(prompt) for prompt in prompts)]).encode())
    for name, weight in weights.items():
        digest.update(f"{name} {weight.shape}".encode())
        digest.update(np.ascontiguousarray(weight).data)
    return digest.hexdigest()


def _recall(cache: Path, key: str, weights: Weights) -> dict[str, float] | None:
    found = read_json(cache)
    if found is None or found.get("key") != key:
        return None
    losses = found.get("q4_loss")
    if not isinstance(losses, dict) or set(losses) != set(weights):
        return None
    return {name: float(losses[name]) for name in weights}
