"""The forecast of memory: against what training really keeps, and what follows from it."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from limbeck.core.errors import MachineError
from limbeck.model.batch_size import (
    check_batch_size,
    choose_batch_size,
    largest_fitting,
    power_of_two,
    wanted_per_step,
)
from limbeck.model.memory_forecast import MemoryForecast, forecast_memory

MEGABYTE = 10**6


def forecast_of(length: int) -> MemoryForecast:
    """One sequence of 256 tokens takes 8 MB, and attention grows with the square."""
    return MemoryForecast(
        length=length,
        state_bytes=10 * MEGABYTE,
        fixed_bytes=MEGABYTE,
        example_bytes=8 * MEGABYTE * length * length // 256**2,
    )


def test_the_largest_power_of_two_that_fits_is_taken_and_steps_stay_as_large() -> None:
    assert [power_of_two(number) for number in (0, 1, 3, 4, 63, 64)] == [1, 1, 2, 4, 32, 64]
    assert largest_fitting(forecast_of(256), 11 * MEGABYTE + 8 * 8 * MEGABYTE, most=64) == 8
    chosen = choose_batch_size(forecast_of, length=256, wanted=32, room_bytes=100 * MEGABYTE)
    assert (chosen.batch_size, chosen.accumulate, chosen.per_step) == (8, 4, 32)
    assert chosen.why == "a step of 32; 8 at a time take 75 MB"
    assert choose_batch_size(forecast_of, length=256, wanted=4, room_bytes=10**12).batch_size == 4


def test_what_does_not_fit_is_refused_with_what_does() -> None:
    assert check_batch_size(forecast_of, length=256, batch_size=11, room_bytes=100 * MEGABYTE).batch_size == 11
    with pytest.raises(MachineError, match=r"batches of 12 .* need 107 MB of memory; there is 100 MB") as raised:
        check_batch_size(forecast_of, length=256, batch_size=12, room_bytes=100 * MEGABYTE)
    assert raised.value.fix == "--batch-size 8"
    with pytest.raises(MachineError, match="even one sequence of 1024 tokens needs 139 MB") as raised:
        choose_batch_size(forecast_of, length=1024, wanted=8, room_bytes=20 * MEGABYTE)
    assert raised.value.fix == "--length 256 --batch-size 1"
    with pytest.raises(MachineError, match="10 MB of it for gradients and optimiser alone") as raised:
        choose_batch_size(forecast_of, length=1024, wanted=8, room_bytes=5 * MEGABYTE)
    assert "--lora" in (raised.value.fix or "")


def test_small_data_gives_small_steps() -> None:
    assert wanted_per_step(length=256, num_tokens=10**7) == 32
    assert wanted_per_step(length=32, num_tokens=10**7) == 64
    assert wanted_per_step(length=256, num_tokens=20_000) == 4
    assert wanted_per_step(length=256, num_tokens=100) == 1


class Next(torch.nn.Module):
    """The mean loss of every next token."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, tokens_BT: torch.Tensor) -> torch.Tensor:
        logits_BTV = self.network(tokens_BT).logits
        return torch.nn.functional.cross_entropy(logits_BTV[:, :-1].flatten(0, 1).float(), tokens_BT[:, 1:].flatten())


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_the_forecast_counts_what_the_way_back_really_keeps(
    make_checkpoint: Callable[[Path, str], Path], tmp_path: Path, kind: str
) -> None:
    network = AutoModelForCausalLM.from_pretrained(make_checkpoint(tmp_path, kind), attn_implementation="eager").train()
    objective = Next(network)
    own = {weight.untyped_storage().data_ptr() for weight in network.parameters()}
    kept: dict[int, int] = {}
    alive: list[torch.Tensor] = []

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.untyped_storage().data_ptr() not in own:
            kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            alive.append(tensor)
        return tensor

    def batch_of(size: int) -> torch.Tensor:
        return torch.arange(size * 64).reshape(size, 64) % 500

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        objective(batch_of(4))
    real, largest = sum(kept.values()), max(kept.values())
    found = forecast_memory(objective, batch_of, length=64, precision="float32")
    forecast = found.needed_bytes(4) - found.state_bytes - 2 * largest
    assert forecast == pytest.approx(real, rel=0.05)
    weights = sum(weight.numel() for weight in network.parameters())
    assert 4 * 4 * weights < found.state_bytes <= 4 * 6 * weights
    network.requires_grad_(False)
    assert forecast_memory(objective, batch_of, length=64, precision="float32").state_bytes == 0
