"""What a training checkpoint holds, so that a resumed run goes on to the same bits.

`training.pt` has the weights that learn, the optimisers, the state of the random generator (for dropout), the curve
and the step; `best.pt` has the weights of the best held-out loss. Each replaces the one before in one step: a kill or a
full disk leaves the old file or the new, never a part.
"""

import io
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from limbeck.core.disk import is_disk_error, write_atomic
from limbeck.core.errors import LimbeckError, MachineError
from limbeck.model.optimisers import Optimisers
from limbeck.model.validation import LossPoint

CHECKPOINT = "training.pt"
BEST = "best.pt"


def save_state(
    network: torch.nn.Module,
    optimiser: Optimisers,
    partial: Path,
    *,
    step: int,
    curve: Sequence[LossPoint],
    window: Sequence[float],
) -> None:
    """Write a checkpoint in place of the one before.

    Raises: MachineError: the disk is full; the checkpoint before is whole.
    """
    points = [(point.step, point.loss, point.held_out) for point in curve]
    state = {"network": learning_weights(network), "optimiser": optimiser.state_dict(), "rng": torch.get_rng_state()}
    _write(partial / CHECKPOINT, {**state, "step": step, "curve": points, "window": list(window)}, step=step)


def load_state(
    network: torch.nn.Module, optimiser: Optimisers, partial: Path
) -> tuple[list[LossPoint], list[float], int]:
    """Go on from the checkpoint in `partial`: return its curve, the losses since the last point, and the step.

    Raises: LimbeckError: it is damaged, or one of another network.
    """
    saved = _read(partial / CHECKPOINT)
    if saved is None:
        return [], [], 0
    _set_weights(network, saved["network"], partial / CHECKPOINT)
    optimiser.load_state_dict(saved["optimiser"])
    if "rng" in saved:
        torch.set_rng_state(saved["rng"])
    curve = [LossPoint(step=point[0], loss=point[1], held_out=(*point, None)[2]) for point in saved["curve"]]
    return curve, list(saved["window"]), int(saved["step"])


def save_best(network: torch.nn.Module, partial: Path, *, step: int) -> None:
    """Keep the weights as the best so far.

    Raises: MachineError: the disk is full; those kept before are whole.
    """
    _write(partial / BEST, {"network": learning_weights(network), "step": step}, step=step)


def restore(network: torch.nn.Module, partial: Path) -> int | None:
    """Put back the best weights, or else those of the last checkpoint; return their step, None where there are none.

    Raises: LimbeckError: the file is damaged, or one of another network.
    """
    for path in (partial / BEST, partial / CHECKPOINT):
        saved = _read(path)
        if saved is not None:
            _set_weights(network, saved["network"], path)
            return int(saved["step"])
    return None


def learning_weights(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Return what training may change: a frozen weight stays what the base model says."""
    frozen = {name for name, weight in network.named_parameters(remove_duplicate=False) if not weight.requires_grad}
    return {name: weight for name, weight in network.state_dict().items() if name not in frozen}


def _set_weights(network: torch.nn.Module, weights: Mapping[str, torch.Tensor], path: Path) -> None:
    wanted = learning_weights(network)
    differs = sorted(wanted.keys() ^ weights.keys()) or [n for n in wanted if wanted[n].shape != weights[n].shape]
    if differs:
        what = f"the training checkpoint is one of another network: {differs[0]} differs"
        raise LimbeckError(what, where=str(path), fix="remove it to start anew, or train the network it belongs to")
    network.load_state_dict(weights, strict=False)


def _read(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    try:
        saved: dict[str, Any] = torch.load(path, weights_only=True)
    except (RuntimeError, EOFError, ValueError, KeyError, pickle.UnpicklingError) as error:
        what = "the training checkpoint is damaged: it was cut short or altered"
        raise LimbeckError(what, where=str(path), fix="remove it and start anew") from error
    return saved


def _write(path: Path, state: Mapping[str, Any], *, step: int) -> None:
    memory = io.BytesIO()
    torch.save(state, memory)
    try:
        write_atomic(path, memory.getvalue())
    except OSError as error:
        if not is_disk_error(error):
            raise
        kept = f"the one in {path.parent} is whole" if path.exists() else "there was none before"
        what = f"the checkpoint of step {step} could not be written: {error.strerror or error}; {kept}"
        fix = "free some space there, then run the same command again: it goes on from the checkpoint that is kept"
        raise MachineError(what, where=str(path), fix=fix) from error
